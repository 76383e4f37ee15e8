/* Mean over neighbouring axes: of each (outer, inner) the `reduced` values between them.
 *
 *   out = saturate(rescale(sum in - reduced * in_zero) + out_zero)
 *
 * The generator divides the factor by `reduced`, so the multiplier may be below 2^30: ot_rescale_mean.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_mean(const int8_t *in, int8_t *out, const ot_average *k) {
  OT_ROLLED
  for (int32_t o = 0; o < k->outer; o++, in += k->reduced * k->inner) {
    OT_ROLLED
    for (int32_t i = 0; i < k->inner; i++) {
      const int8_t *from = in + i;
      int32_t sum = k->offset;
      OT_ROLLED
      for (int32_t r = k->reduced; r > 0; r--, from += k->inner) {
        sum += *from;
      }
      *out++ = (int8_t)ot_limit(ot_rescale_mean(sum, k->multiplier, k->shift) + k->out_zero, -128, 127);
    }
  }
}
