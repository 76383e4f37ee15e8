/* Floats to int16; in place.
 *
 *   out = saturate(round(in / scale) + zero)      halves away from zero
 *
 * Where TensorFlow Lite's conversion to an integer would overflow this saturates; what is no number becomes the least value.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

typedef float __attribute__((may_alias)) ot_float;

static int32_t nearest(float x) {
  float held = x > -131072.0f ? (x < 131072.0f ? x : 131072.0f) : -131072.0f;
  int32_t whole = (int32_t)held;
  float rest = held - (float)whole;
  return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

void ot_quantise_s16(const void *in, void *out, float scale, int32_t zero, int32_t count) {
  const ot_float *from = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    to[i] = (ot_half)ot_limit(nearest(from[i] / scale) + zero, -32768, 32767);
  }
}
