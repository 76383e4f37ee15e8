/* Sum (sign 1) or difference (sign -1) of two tensors; in place of one that is as large as the output. A step of 0 repeats an
 * operand along an axis.
 *
 *   out = clamp(rescale_out(rescale_a((a - zero_a) * 2^20) + sign * rescale_b((b - zero_b) * 2^20)) + zero_out)
 *
 * The operands' factors are relative to twice the larger of their scales, so none is above one half. A plain sum of two tensors
 * of one shape is ot_add's.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_broadcast_add(const int8_t *a, const int8_t *b, int8_t *out, const ot_wide_sum *k) {
  OT_ROLLED
  for (int32_t o = 0; o < k->outer; o++) {
    OT_ROLLED
    for (int32_t m = 0; m < k->middle; m++) {
      const int8_t *first = a + o * k->a_outer + m * k->a_middle, *second = b + o * k->b_outer + m * k->b_middle;
      OT_ROLLED
      for (int32_t i = k->inner; i > 0; i--, first += k->a_inner, second += k->b_inner) {
        int32_t left = ot_rescale((*first - k->zero_a) * (1 << 20), k->multiplier_a, k->shift_a);
        int32_t right = ot_rescale((*second - k->zero_b) * (1 << 20), k->multiplier_b, k->shift_b);
        int32_t value = ot_rescale(left + k->sign * right, k->multiplier_out, k->shift_out) + k->zero_out;
        *out++ = (int8_t)ot_limit(value, k->low, k->high);
      }
    }
  }
}
