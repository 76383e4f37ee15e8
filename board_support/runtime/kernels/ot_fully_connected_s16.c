/* Fully connected layer, or 1 x 1 convolution with stride 1, of int16 values with int8 weights, in portable C.
 *
 *   out[c] = requantise(bias[c] + sum_k in[k] * weights[c][k])
 *
 * Zero points are 0. Weights: one row of inputs for each output, as ot_row_product_s16 takes them.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_fully_connected_s16(const void *in, void *out, const ot_dense_s16 *k) {
  const ot_half *from = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t i = 0; i < k->rows; i++, from += k->row.inputs, to += k->row.outputs) {
    ot_row_product_s16(from, to, &k->row);
  }
}
