/* Sum of two tensors of one shape; in place of either.
 *
 *   out = clamp(rescale_out(rescale_a((a - zero_a) * 2^20) + rescale_b((b - zero_b) * 2^20)) + zero_out)
 *
 * The operands' factors are relative to twice the larger of their scales, so none is above one half.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_add(const int8_t *a, const int8_t *b, int8_t *out, const ot_sum *k) {
  ot_factor factor_a = ot_make_factor(k->multiplier_a, k->shift_a);
  ot_factor factor_b = ot_make_factor(k->multiplier_b, k->shift_b);
  ot_factor factor_out = ot_make_factor(k->multiplier_out, k->shift_out);
  for (int32_t i = 0; i < k->count; i++) {
    int32_t sum = ot_rescale((a[i] - k->zero_a) * (1 << 20), factor_a) + ot_rescale((b[i] - k->zero_b) * (1 << 20), factor_b);
    int32_t value = ot_rescale(sum, factor_out) + k->zero_out;
    out[i] = (int8_t)(value < k->low ? k->low : value > k->high ? k->high : value);
  }
}
