/* Int16 to floats.
 *
 *   out = scale * (in - zero)
 */
#include "ot_arith.h"
#include "ot_kernels.h"

typedef float __attribute__((may_alias)) ot_float;

void ot_dequantise_s16(const void *in, void *out, float scale, int32_t zero, int32_t count) {
  const ot_half *from = in;
  ot_float *to = out;
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    to[i] = scale * (float)(from[i] - zero);
  }
}
