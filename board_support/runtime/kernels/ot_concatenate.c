/* One input of a concatenation: copy its rows into the output's longer rows. All share one quantisation. */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_concatenate(const int8_t *in, int8_t *out, int32_t rows, int32_t in_row, int32_t out_row) {
  OT_ROLLED
  for (; rows > 0; rows--, out += out_row) {
    OT_ROLLED
    for (int32_t i = 0; i < in_row; i++) {
      out[i] = *in++;
    }
  }
}
