/* Set all values: what surrounds the inside of a padded tensor, before ot_strided_copy writes the inside. */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_fill(int8_t *out, int32_t count, int32_t value) {
  OT_ROLLED
  for (; count > 0; count--) {
    *out++ = (int8_t)value;
  }
}
