/* Rescale a sum to int16.
 *
 *   wide:    clamp(round(sum * multiplier / 2^shift))      halves upwards; the generator gives the multiplier's upper 16 bits
 *   narrow:  clamp(rescale(sum))                           in 32 bits, as where the model's bias has no more
 */
#include "ot_arith.h"
#include "ot_kernels.h"

int16_t ot_requantise_s16(int64_t sum, int32_t c, const ot_row_s16 *r) {
  int32_t multiplier = r->multiplier[c], shift = r->shift[c];
  int32_t value = r->narrow ? ot_rescale((int32_t)sum, multiplier, shift)
                            : (int32_t)((sum * multiplier + (int64_t)(1ull << (shift - 1))) >> shift);
  return (int16_t)ot_limit(value, r->low, r->high);
}
