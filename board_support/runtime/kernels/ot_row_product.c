/* One line of inputs times rows of weights, in portable C: the inner loop of convolutions and dense layers.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * Two rows go together, so each input is loaded once for two products.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

/* Inputs that go four at a time: none on Armv6-M, whose signed byte loads take no fixed offset. */
#ifdef __ARM_ARCH_6M__
#define IN_FOURS(count) ((count) & 0)
#else
#define IN_FOURS(count) ((count) & ~3)
#endif

static int8_t finish(int32_t sum, int32_t c, const ot_row *r) {
  int32_t multiplier = r->multiplier[c], shift = r->shift[c];
  return ot_is_small(shift) ? ot_requantise_small(sum, ot_small_factor(multiplier, shift, r->out_zero))
                            : ot_requantise(sum, multiplier, shift, r->out_zero);
}

void ot_row_product(const int8_t *in, int8_t *out, const ot_row *r) {
  const int8_t *w = r->filters;
  const int32_t inputs = r->inputs;
  int32_t c = 0;
  OT_ROLLED
  for (; c + 1 < r->outputs; c += 2, w += inputs) {
    const int8_t *a = in, *v = w + inputs;
    int32_t p = r->bias[c], q = r->bias[c + 1];
    OT_ROLLED
    for (const int8_t *end = in + IN_FOURS(inputs); a != end; a += 4, w += 4, v += 4) {
      p += a[0] * w[0];
      q += a[0] * v[0];
      p += a[1] * w[1];
      q += a[1] * v[1];
      p += a[2] * w[2];
      q += a[2] * v[2];
      p += a[3] * w[3];
      q += a[3] * v[3];
    }
    OT_ROLLED
    for (const int8_t *end = in + inputs; a != end; a++) {
      p += *a * *w++;
      q += *a * *v++;
    }
    out[c] = finish(p, c, r);
    out[c + 1] = finish(q, c + 1, r);
  }
  if (c < r->outputs) {
    int32_t sum = r->bias[c];
    OT_ROLLED
    for (int32_t i = 0; i < inputs; i++) {
      sum += in[i] * w[i];
    }
    out[c] = finish(sum, c, r);
  }
}
