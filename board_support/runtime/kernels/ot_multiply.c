/* Product of two tensors; in place of one that is as large as the output. A step of 0 repeats an operand along an axis.
 *
 *   out = clamp(rescale((a - zero_a) * (b - zero_b)) + zero_out)
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_multiply(const int8_t *a, const int8_t *b, int8_t *out, const ot_product *k) {
  OT_ROLLED
  for (int32_t o = 0; o < k->outer; o++) {
    OT_ROLLED
    for (int32_t m = 0; m < k->middle; m++) {
      const int8_t *first = a + o * k->a_outer + m * k->a_middle, *second = b + o * k->b_outer + m * k->b_middle;
      OT_ROLLED
      for (int32_t i = k->inner; i > 0; i--, first += k->a_inner, second += k->b_inner) {
        int32_t value = ot_rescale((*first - k->zero_a) * (*second - k->zero_b), k->multiplier, k->shift) + k->zero_out;
        *out++ = (int8_t)ot_limit(value, k->low, k->high);
      }
    }
  }
}
