/* One line of inputs times rows of weights, in portable C: the inner loop of convolutions and dense layers.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * Two rows go together, so each input is loaded once for two products.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static int8_t finish(int32_t sum, int32_t c, const ot_row *r) {
  int32_t multiplier = r->multiplier[c], shift = r->shift[c];
  return ot_is_small(shift) ? ot_requantise_small(sum, ot_small_factor(multiplier, shift, r->out_zero))
                            : ot_requantise(sum, multiplier, shift, r->out_zero);
}

void ot_row_product(const int8_t *in, int8_t *out, const ot_row *r) {
  const int8_t *w = r->filters;
  int32_t c = 0;
  OT_ROLLED
  for (; c + 1 < r->outputs; c += 2, w += r->inputs) {
    const int8_t *a = in, *end = in + r->inputs, *v = w + r->inputs;
    int32_t sum0 = r->bias[c], sum1 = r->bias[c + 1];
    OT_ROLLED
    while (a != end) {
      int32_t value = *a++;
      sum0 += value * *w++;
      sum1 += value * *v++;
    }
    out[c] = finish(sum0, c, r);
    out[c + 1] = finish(sum1, c + 1, r);
  }
  if (c < r->outputs) {
    int32_t sum = r->bias[c];
    OT_ROLLED
    for (int32_t i = 0; i < r->inputs; i++) {
      sum += in[i] * w[i];
    }
    out[c] = finish(sum, c, r);
  }
}
