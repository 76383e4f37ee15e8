/* One line of int16 inputs times rows of int8 weights, for cores with the DSP extension.
 *
 *   out[c] = requantise(bias[c] + sum_k in[k] * weights[c][k])
 *
 * The generator swaps the second and the third of every four weights, so that the even bytes of a word meet the first pair of
 * inputs and the odd bytes the second; what is left of a row below four stays as it is. The sum has 64 bits; 256 products at a
 * time fit into 32. Two rows go together; an odd last row goes with itself.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#define BLOCK 256

typedef struct {
  int32_t p, q;
} ot_pair;

/* Up to 256 inputs. */
OT_INLINE ot_pair products(const ot_half *a, const int8_t *w, const int8_t *v, int32_t inputs) {
  ot_pair s = {0, 0};
  OT_ROLLED
  for (const ot_half *end = a + (inputs & ~3); a != end; a += 4, w += 4, v += 4) {
    int32_t low = ot_load(a), high = ot_load(a + 2), e = ot_load(w), f = ot_load(v);
    s.p = ot_dual_mac(high, ot_odd_bytes(e), ot_dual_mac(low, ot_even_bytes(e), s.p));
    s.q = ot_dual_mac(high, ot_odd_bytes(f), ot_dual_mac(low, ot_even_bytes(f), s.q));
  }
  OT_ROLLED
  for (const ot_half *end = a + (inputs & 3); a != end; a++) {
    s.p += *a * *w++;
    s.q += *a * *v++;
  }
  return s;
}

void ot_row_product_s16_dsp(const int16_t *in, int16_t *out, const ot_row_s16 *r) {
  const int8_t *row = r->filters;
  OT_ROLLED
  for (int32_t c = 0; c < r->outputs; c += 2, row += 2 * r->inputs) {
    int32_t pair = c + 1 < r->outputs;
    const int8_t *w = row, *v = pair ? row + r->inputs : row;
    int64_t first = r->bias[c], second = r->bias[c + pair];
    OT_ROLLED
    for (int32_t done = 0; done < r->inputs; done += BLOCK) {
      int32_t left = r->inputs - done;
      ot_pair s = products(in + done, w + done, v + done, left < BLOCK ? left : BLOCK);
      first += s.p;
      second += s.q;
    }
    out[c + pair] = ot_requantise_s16(second, c + pair, r);
    out[c] = ot_requantise_s16(first, c, r);
  }
}
