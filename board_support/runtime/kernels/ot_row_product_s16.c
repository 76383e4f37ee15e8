/* One line of int16 inputs times rows of int8 weights, in portable C: the inner loop of convolutions and dense layers.
 *
 *   out[c] = requantise(bias[c] + sum_k in[k] * weights[c][k])
 *
 * The sum has 64 bits; 256 products at a time fit into 32. Two rows go together, so each input is loaded once for two products;
 * an odd last row goes with itself.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#define BLOCK 256

void ot_row_product_s16(const int16_t *in, int16_t *out, const ot_row_s16 *r) {
  const int8_t *row = r->filters;
  OT_ROLLED
  for (int32_t c = 0; c < r->outputs; c += 2, row += 2 * r->inputs) {
    int32_t pair = c + 1 < r->outputs;
    const int8_t *w = row, *v = pair ? row + r->inputs : row;
    const ot_half *a = in;
    int64_t first = r->bias[c], second = r->bias[c + pair];
    OT_ROLLED
    for (int32_t left = r->inputs; left > 0; left -= BLOCK) {
      const ot_half *end = a + (left < BLOCK ? left : BLOCK);
      int32_t p = 0, q = 0;
      OT_ROLLED
      for (; a != end; a++) {
        int32_t value = *a;
        p += value * *w++;
        q += value * *v++;
      }
      first += p;
      second += q;
    }
    out[c + pair] = ot_requantise_s16(second, c + pair, r);
    out[c] = ot_requantise_s16(first, c, r);
  }
}
