/* Depthwise convolution whose window is all of the input, for cores with the DSP extension: four channels at a time.
 *
 *   out[c] = saturate(rescale(bias[c] + sum in[t][c] * filter[t][c]) + out_zero)
 *
 * As ot_depthwise_whole: filters and folding are the same.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

OT_INLINE int32_t low(int32_t halves) { return (int16_t)halves; }

OT_INLINE int32_t high(int32_t halves) { return halves >> 16; }

static void store(int8_t *out, int32_t sum, int32_t c, const ot_depthwise_all *k) {
  int32_t shift = k->shift[c];
  if (ot_is_small(shift)) {
    out[c] = ot_requantise_small(sum, ot_small_factor(k->multiplier[c], shift, k->out_zero));
  } else {
    out[c] = ot_requantise(sum, k->multiplier[c], shift, k->out_zero);
  }
}

static void four(const int8_t *in, int8_t *out, int32_t c, const ot_depthwise_all *k) {
  const int8_t *x = in + c, *w = k->filters + c;
  int32_t sums[4] = {k->bias[c], k->bias[c + 1], k->bias[c + 2], k->bias[c + 3]};
  OT_ROLLED
  for (int32_t t = k->taps; t > 0; t--, x += k->channels, w += k->channels) {
    int32_t xs = ot_load(x), ws = ot_load(w);
    int32_t even = ot_even_bytes(xs), odd = ot_odd_bytes(xs), even_w = ot_even_bytes(ws), odd_w = ot_odd_bytes(ws);
    sums[0] += low(even) * low(even_w);
    sums[1] += low(odd) * low(odd_w);
    sums[2] += high(even) * high(even_w);
    sums[3] += high(odd) * high(odd_w);
  }
  OT_ROLLED
  for (int32_t i = 0; i < 4; i++) {
    store(out, sums[i], c + i, k);
  }
}

static void one(const int8_t *in, int8_t *out, int32_t c, const ot_depthwise_all *k) {
  const int8_t *x = in + c, *w = k->filters + c;
  int32_t sum = k->bias[c];
  OT_ROLLED
  for (int32_t t = k->taps; t > 0; t--, x += k->channels, w += k->channels) {
    sum += *x * *w;
  }
  store(out, sum, c, k);
}

void ot_depthwise_whole_dsp(const int8_t *in, int8_t *out, const ot_depthwise_all *k) {
  int32_t c = 0;
  OT_ROLLED
  for (; c + 4 <= k->channels; c += 4) {
    four(in, out, c, k);
  }
  OT_ROLLED
  for (; c < k->channels; c++) {
    one(in, out, c, k);
  }
  ot_clamp(out, k->channels, k->low, k->high);
}
