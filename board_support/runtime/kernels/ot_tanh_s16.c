/* tanh of int16 values, Q0.15, as 2 / (1 + exp(-2x)) - 1; in place.
 *
 *   x      = (in * multiplier + half) / 2^shift              in steps of 1/12288
 *   share  = table[|x| / 256] and on to the next, in a line  Q0.16 and eight bits more; the table is that of ot_logistic_s16
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_tanh_s16(const void *in, void *out, const uint16_t *table, int32_t count, int32_t multiplier, int32_t shift) {
  const ot_half *from = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    int32_t x = (from[i] * multiplier + (int32_t)((1u << shift) >> 1)) >> shift;
    int32_t size = x < 0 ? -x : x, place = size >> 8;
    int32_t share = 0xffff << 8;
    if (place < 255) {
      share = (table[place] << 8) + (size & 255) * (table[place + 1] - table[place]);
    }
    share = x < 0 ? (1 << 23) - share + (1 << 7) - 1 : share - (1 << 23) + (1 << 7);
    to[i] = (ot_half)(share >> 8);
  }
}
