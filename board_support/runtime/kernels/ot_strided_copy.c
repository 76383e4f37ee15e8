/* Copy values from one lattice of up to four axes to another: slices, splits, transposes, the inside of a padded tensor.
 *
 *   out[b * out_block + p * out_plane + r * out_row + i * out_item] = in[b * in_block + p * in_plane + r * in_row + i * in_item]
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_strided_copy(const int8_t *in, int8_t *out, const ot_lattice *k) {
  OT_ROLLED
  for (int32_t b = 0; b < k->blocks; b++) {
    OT_ROLLED
    for (int32_t p = 0; p < k->planes; p++) {
      OT_ROLLED
      for (int32_t r = 0; r < k->rows; r++) {
        const int8_t *from = in + b * k->in_block + p * k->in_plane + r * k->in_row;
        int8_t *to = out + b * k->out_block + p * k->out_plane + r * k->out_row;
        int32_t in_item = k->in_item, out_item = k->out_item;
        OT_ROLLED
        for (int32_t i = k->items; i > 0; i--, from += in_item, to += out_item) {
          *to = *from;
        }
      }
    }
  }
}
