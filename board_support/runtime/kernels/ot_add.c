/* Sum of two tensors of one shape; in place of either.
 *
 *   out = clamp(rescale_out(rescale_a((a - zero_a) * 2^20) + rescale_b((b - zero_b) * 2^20)) + zero_out)
 *
 * The operands' factors are relative to twice the larger of their scales, so none is above one half.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_add(const int8_t *a, const int8_t *b, int8_t *out, const ot_sum *k) {
  const ot_sum s = *k;
  OT_ROLLED
  for (int32_t i = 0; i < s.count; i++) {
    int32_t first = ot_rescale((a[i] - s.zero_a) * (1 << 20), s.multiplier_a, s.shift_a);
    int32_t second = ot_rescale((b[i] - s.zero_b) * (1 << 20), s.multiplier_b, s.shift_b);
    int32_t value = ot_rescale(first + second, s.multiplier_out, s.shift_out) + s.zero_out;
    out[i] = (int8_t)ot_limit(value, s.low, s.high);
  }
}
