/* Fully connected layer with 4-bit weights, in portable C.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * Weights as ot_row_product_w4 takes them; -in_zero * sum(weights) is folded into the bias.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_fully_connected_w4(const int8_t *in, int8_t *out, const ot_dense *k) {
  ot_row row = {k->weights, k->bias, k->multiplier, k->shift, k->inputs, k->outputs, k->out_zero};
  OT_ROLLED
  for (int32_t i = 0; i < k->rows; i++) {
    ot_row_product_w4(in + i * k->inputs, out + i * k->outputs, &row);
  }
  ot_clamp(out, k->rows * k->outputs, k->low, k->high);
}
