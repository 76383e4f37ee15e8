/* Fully connected layer with 4-bit weights for cores with the DSP extension.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * A byte holds the weights of two outputs for one input: the first output's in its upper half; an odd last output is paired with
 * zeros. The sums are sixteen times too large until the end. -in_zero * sum(weights) is folded into the bias.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#define UPPER_HALVES ((int32_t)0xf0f0f0f0u)

static void two_outputs(const int8_t *in, int8_t *out, const int8_t *w, int32_t c, const ot_dense *k) {
  int32_t p = 0, q = 0;
  OT_ROLLED
  for (const int8_t *end = in + (k->inputs & ~3); in != end; in += 4, w += 4) {
    int32_t four = ot_load(in), both = ot_load(w);
    int32_t even = ot_even_bytes(four), odd = ot_odd_bytes(four);
    int32_t e = both & UPPER_HALVES, f = (int32_t)((uint32_t)both << 4) & UPPER_HALVES;
    p = ot_dual_mac(odd, ot_odd_bytes(e), ot_dual_mac(even, ot_even_bytes(e), p));
    q = ot_dual_mac(odd, ot_odd_bytes(f), ot_dual_mac(even, ot_even_bytes(f), q));
  }
  OT_ROLLED
  for (const int8_t *end = in + (k->inputs & 3); in != end; in++, w++) {
    p += *in * (*w & ~15);
    q += *in * (int8_t)((uint8_t)*w << 4);
  }
  out[c] = ot_requantise(k->bias[c] + (p >> 4), k->multiplier[c], k->shift[c], k->out_zero);
  if (c + 1 < k->outputs) {
    out[c + 1] = ot_requantise(k->bias[c + 1] + (q >> 4), k->multiplier[c + 1], k->shift[c + 1], k->out_zero);
  }
}

void ot_fully_connected_w4_dsp(const int8_t *in, int8_t *out, const ot_dense *k) {
  OT_ROLLED
  for (int32_t row = 0; row < k->rows; row++, in += k->inputs, out += k->outputs) {
    const int8_t *w = k->weights;
    OT_ROLLED
    for (int32_t c = 0; c < k->outputs; c += 2, w += k->inputs) {
      two_outputs(in, out, w, c, k);
    }
    ot_clamp(out, k->outputs, k->low, k->high);
  }
}
