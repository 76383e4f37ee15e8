/* One line of inputs times rows of weights, in portable C: the inner loop of convolutions and dense layers.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * Two rows go together, so each input is loaded once for two products.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static void finish(int8_t *out, int32_t sum, int32_t c, const ot_row *r) {
  *out = ot_requantise(sum, ot_make_factor(r->multiplier[c], r->shift[c]), r->out_zero);
}

void ot_row_product(const int8_t *in, int8_t *out, const ot_row *r) {
  const int8_t *w = r->filters;
  int32_t c = 0;
  for (; c + 1 < r->outputs; c += 2, w += r->inputs) {
    const int8_t *a = in, *end = in + r->inputs, *v = w + r->inputs;
    int32_t sum0 = r->bias[c], sum1 = r->bias[c + 1];
    while (a != end) {
      int32_t value = *a++;
      sum0 += value * *w++;
      sum1 += value * *v++;
    }
    finish(out + c, sum0, c, r);
    finish(out + c + 1, sum1, c + 1, r);
  }
  if (c < r->outputs) {
    int32_t sum = r->bias[c];
    for (int32_t i = 0; i < r->inputs; i++) {
      sum += in[i] * w[i];
    }
    finish(out + c, sum, c, r);
  }
}
