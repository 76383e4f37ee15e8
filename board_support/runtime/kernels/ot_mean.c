/* Mean over neighbouring axes: of each (outer, inner) the `reduced` values between them.
 *
 *   out = saturate(rescale(sum in - reduced * in_zero) + out_zero)
 *
 * The generator divides the factor by `reduced`, so the multiplier may be below 2^30 and ot_rescale will not do.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static int32_t rescale(int32_t x, int32_t multiplier, int32_t shift) {
  int32_t left = shift > 0 ? shift : 0, right = left - shift;
  int32_t t = (int32_t)(((int64_t)(int32_t)((uint32_t)x << left) * multiplier + (1 << 30)) >> 31);
  int32_t mask = (int32_t)((1u << right) - 1u);
  return (t >> right) + ((t & mask) > (mask >> 1) + (t < 0));
}

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
      *out++ = (int8_t)ot_limit(rescale(sum, k->multiplier, k->shift) + k->out_zero, -128, 127);
    }
  }
}
