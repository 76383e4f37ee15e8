/* Another scale for each value, from int16 or int8 to int16 or int8; ReLUs too. In place where the output's values are not wider.
 *
 *   out = clamp(rescale(in - in_zero) + out_zero)
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_rescale_s16(const void *in, void *out, const ot_scaling *k) {
  const ot_scaling s = *k;
  OT_ROLLED
  for (int32_t i = 0; i < s.count; i++) {
    int32_t value = s.in_bytes == 2 ? ((const ot_half *)in)[i] : ((const int8_t *)in)[i];
    value = ot_limit(ot_rescale(value - s.in_zero, s.multiplier, s.shift) + s.out_zero, s.low, s.high);
    if (s.out_bytes == 2) {
      ((ot_half *)out)[i] = (ot_half)value;
    } else {
      ((int8_t *)out)[i] = (int8_t)value;
    }
  }
}
