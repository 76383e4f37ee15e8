/* Hold int8 values within an activation's range.
 *
 * The kernels saturate to int8, which is the range of nearly every quantised activation (a ReLU's zero point is -128);
 * only where the range is narrower does this second pass run.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_clamp(int8_t *values, int32_t count, int32_t low, int32_t high) {
  if (low <= -128 && high >= 127) {
    return;
  }
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    values[i] = (int8_t)ot_limit(values[i], low, high);
  }
}
