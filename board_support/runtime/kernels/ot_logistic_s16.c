/* 1 / (1 + exp(-x)) of int16 values, Q0.15; in place.
 *
 *   x      = (in * multiplier + half) / 2^shift              in steps of 1/12288
 *   share  = table[|x| / 512] and on to the next, in a line  Q0.16 and nine bits more; the table stands at every 1/24
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_logistic_s16(const void *in, void *out, const uint16_t *table, int32_t count, int32_t multiplier, int32_t shift) {
  const ot_half *from = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    int32_t x = (from[i] * multiplier + (int32_t)((1u << shift) >> 1)) >> shift;
    int32_t size = x < 0 ? -x : x, place = size >> 9;
    int32_t share = 0x7fff << 10;
    if (place < 255) {
      share = (table[place] << 9) + (size & 511) * (table[place + 1] - table[place]);
    }
    share = x < 0 ? (1 << 25) - share + (1 << 9) - 1 : share + (1 << 9);
    to[i] = (ot_half)(share >> 10);
  }
}
