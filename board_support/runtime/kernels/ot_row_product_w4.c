/* One line of inputs times rows of 4-bit weights, in portable C: the inner loop of convolutions and dense layers.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * A byte holds the weights of two rows for one input: the first row's in its upper half. An odd last row is paired with zeros. The
 * lower half is moved up to find its sign, so the second sum is sixteen times too large until the end.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_row_product_w4(const int8_t *in, int8_t *out, const ot_row *r) {
  const int8_t *w = r->filters;
  OT_ROLLED
  for (int32_t c = 0; c < r->outputs; c += 2) {
    int32_t p = 0, q = 0;
    OT_ROLLED
    for (const int8_t *a = in, *end = in + r->inputs; a != end; a++, w++) {
      p += *a * (*w >> 4);
      q += *a * (int8_t)((uint8_t)*w << 4);
    }
    if (c + 1 < r->outputs) {
      out[c + 1] = ot_requantise(r->bias[c + 1] + (q >> 4), r->multiplier[c + 1], r->shift[c + 1], r->out_zero);
    }
    out[c] = ot_requantise(r->bias[c] + p, r->multiplier[c], r->shift[c], r->out_zero);
  }
}
