/* Unpack 4-bit weights, two a byte, the first in the lower half. */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_unpack_w4(const int8_t *from, int8_t *to, int32_t count) {
  OT_ROLLED
  for (; count > 0; count -= 2) {
    int32_t both = *from++;
    *to++ = (int8_t)((int8_t)((uint32_t)both << 4) >> 4);
    *to++ = (int8_t)(both >> 4);
  }
}
