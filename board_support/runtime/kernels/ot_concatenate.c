/* Copy rows, by words as far as they go: one input of a concatenation into the output's longer rows, or a part of longer rows. */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_concatenate(const int8_t *in, int8_t *out, int32_t rows, int32_t in_row, int32_t out_row) {
  OT_ROLLED
  for (; rows > 0; rows--, out += out_row) {
    int32_t i = 0;
    OT_ROLLED
    for (; i + 4 <= in_row; i += 4) {
      ot_store(out + i, ot_load(in + i));
    }
    OT_ROLLED
    for (; i < in_row; i++) {
      out[i] = in[i];
    }
    in += in_row;
  }
}
