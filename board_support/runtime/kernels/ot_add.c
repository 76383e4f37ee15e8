/* Sum of two tensors of one shape; in place of either.
 *
 *   out = clamp(rescale_out(rescale_a((a - zero_a) * 2^20) + rescale_b((b - zero_b) * 2^20)) + zero_out)
 *
 * The operands' factors are relative to twice the larger of their scales, so none is above one half.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#ifdef OT_HELIUM

OT_INLINE int32x4_t operand(const int8_t *from, int32_t zero, int32_t multiplier, int32_t shift, mve_pred16_t lanes) {
  int32x4_t value = vshlq_n_s32(vsubq_n_s32(vldrbq_z_s32(from, lanes), zero), 20);
  return ot_rescale_four(value, vdupq_n_s32(multiplier), vdupq_n_s32(shift));
}

void ot_add(const int8_t *a, const int8_t *b, int8_t *out, const ot_sum *k) {
  const ot_sum s = *k;
  OT_ROLLED
  for (int32_t i = 0; i < s.count; i += 4) {
    mve_pred16_t lanes = ot_words_left(s.count - i);
    int32x4_t first = operand(a + i, s.zero_a, s.multiplier_a, s.shift_a, lanes);
    int32x4_t second = operand(b + i, s.zero_b, s.multiplier_b, s.shift_b, lanes);
    int32x4_t value = ot_rescale_four(vaddq_s32(first, second), vdupq_n_s32(s.multiplier_out), vdupq_n_s32(s.shift_out));
    ot_store_four(out + i, vaddq_n_s32(value, s.zero_out), s.low, s.high, lanes);
  }
}

#else

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

#endif
