/* Mean of int16 values over neighbouring axes: of each (outer, inner) the `reduced` values between them.
 *
 *   out = saturate(rescale(sum in))      zero points are 0
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

void ot_mean_s16(const void *in, void *out, const ot_average *k) {
  const ot_half *block = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t o = 0; o < k->outer; o++, block += k->reduced * k->inner) {
    OT_ROLLED
    for (int32_t i = 0; i < k->inner; i++) {
      const ot_half *from = block + i;
      int32_t sum = 0;
      OT_ROLLED
      for (int32_t r = k->reduced; r > 0; r--, from += k->inner) {
        sum += *from;
      }
      *to++ = (ot_half)ot_limit(rescale(sum, k->multiplier, k->shift), -32768, 32767);
    }
  }
}
