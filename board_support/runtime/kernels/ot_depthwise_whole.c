/* Depthwise convolution whose window is all of the input, as in models that take a step of time at a run.
 *
 *   out[c] = saturate(rescale(bias[c] + sum in[t][c] * filter[t][c]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias. Filters: tap by tap, as the input lies.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_depthwise_whole(const int8_t *in, int8_t *out, const ot_depthwise_all *k) {
  OT_ROLLED
  for (int32_t c = 0; c < k->channels; c++) {
    const int8_t *x = in + c, *w = k->filters + c;
    int32_t sum = k->bias[c];
    OT_ROLLED
    for (int32_t t = k->taps; t > 0; t--, x += k->channels, w += k->channels) {
      sum += *x * *w;
    }
    out[c] = ot_requantise(sum, k->multiplier[c], k->shift[c], k->out_zero);
  }
  ot_clamp(out, k->channels, k->low, k->high);
}
