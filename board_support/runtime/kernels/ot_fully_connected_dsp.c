/* Fully connected layer for cores with the DSP extension.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * Weights: one row of inputs for each output, as in the .tflite; -in_zero * sum(weights) is folded into the bias.
 * Four outputs go together, so the inputs are widened once for four products; beyond the last output its row is computed again.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

OT_INLINE int32_t quad(int32_t even, int32_t odd, const int8_t *w, int32_t sum) {
  int32_t four = ot_load(w);
  return ot_dual_mac(odd, ot_odd_bytes(four), ot_dual_mac(even, ot_even_bytes(four), sum));
}

static void four_rows(const int8_t *in, const int8_t *const w[4], int32_t inputs, int32_t sums[4]) {
  const int8_t *w0 = w[0], *w1 = w[1], *w2 = w[2], *w3 = w[3];
  int32_t sum0 = sums[0], sum1 = sums[1], sum2 = sums[2], sum3 = sums[3];
  const int8_t *end = in + (inputs & ~3);
  OT_ROLLED
  for (; in != end; in += 4, w0 += 4, w1 += 4, w2 += 4, w3 += 4) {
    int32_t four = ot_load(in);
    int32_t even = ot_even_bytes(four), odd = ot_odd_bytes(four);
    sum0 = quad(even, odd, w0, sum0);
    sum1 = quad(even, odd, w1, sum1);
    sum2 = quad(even, odd, w2, sum2);
    sum3 = quad(even, odd, w3, sum3);
  }
  OT_ROLLED
  for (end = in + (inputs & 3); in != end; in++) {
    sum0 += *in * *w0++;
    sum1 += *in * *w1++;
    sum2 += *in * *w2++;
    sum3 += *in * *w3++;
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

static void four_outputs(const int8_t *in, int8_t *out, int32_t first, const ot_dense *k) {
  const int8_t *rows[4];
  int32_t sums[4];
  int32_t last = k->outputs - 1;
  int32_t count = k->outputs - first < 4 ? k->outputs - first : 4;
  OT_ROLLED
  for (int32_t i = 0; i < 4; i++) {
    int32_t c = first + i < last ? first + i : last;
    rows[i] = k->weights + c * k->inputs;
    sums[i] = k->bias[c];
  }
  four_rows(in, rows, k->inputs, sums);
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    int32_t c = first + i;
    out[c] = ot_requantise(sums[i], k->multiplier[c], k->shift[c], k->out_zero);
  }
}

void ot_fully_connected_dsp(const int8_t *in, int8_t *out, const ot_dense *k) {
  OT_ROLLED
  for (int32_t row = 0; row < k->rows; row++, in += k->inputs, out += k->outputs) {
    OT_ROLLED
    for (int32_t c = 0; c < k->outputs; c += 4) {
      four_outputs(in, out, c, k);
    }
    ot_clamp(out, k->outputs, k->low, k->high);
  }
}
