/* Sum of two int16 tensors of one shape; in place of either.
 *
 *   out = clamp(rescale_out(rescale_a(a * 2^15) + rescale_b(b * 2^15)))
 *
 * The operands' factors are relative to twice the larger of their scales, so none is above one half. Zero points are 0.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_add_s16(const void *a, const void *b, void *out, const ot_sum_s16 *k) {
  const ot_sum_s16 s = *k;
  const ot_half *first = a, *second = b;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t i = 0; i < s.count; i++) {
    int32_t p = ot_rescale(first[i] * (1 << 15), s.multiplier_a, s.shift_a);
    int32_t q = ot_rescale(second[i] * (1 << 15), s.multiplier_b, s.shift_b);
    to[i] = (ot_half)ot_limit(ot_rescale(p + q, s.multiplier_out, s.shift_out), s.low, s.high);
  }
}
