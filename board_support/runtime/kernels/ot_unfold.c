/* Unfold int8 values into the pairs of halfwords that the dual multiply-accumulate takes.
 *
 * Four values v0..v3 become the words (v0, v2) and (v1, v3). A tile holds three pixels side by side: the words of pixel p
 * for values 4q..4q+3 are words[6q + p] and words[6q + 3 + p]. A remainder below four is filled with zeros.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_unfold(const int8_t *from, void *column, int32_t count) {
  ot_word *words = column;
  const int8_t *end = from + (count & ~3);
  OT_ROLLED
  for (; from != end; from += 4, words += 6) {
    int32_t four = ot_load(from);
    words[0] = ot_even_bytes(four);
    words[3] = ot_odd_bytes(four);
  }
  if (count & 3) {
    int32_t four = 0;
    OT_ROLLED
    for (int32_t i = 0; i < (count & 3); i++) {
      four |= (int32_t)((uint32_t)(uint8_t)from[i] << (8 * i));
    }
    words[0] = ot_even_bytes(four);
    words[3] = ot_odd_bytes(four);
  }
}
