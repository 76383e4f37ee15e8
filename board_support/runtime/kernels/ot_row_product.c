/* One line of inputs times rows of weights, in portable C and for Helium: the inner loop of convolutions and dense layers.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * Two rows go together, so each input is loaded once for two products; with Helium four, sixteen inputs at a time.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#ifdef OT_HELIUM

typedef struct {
  const int8_t *a, *b, *c, *d;
} four_rows;

OT_INLINE int32x4_t products(const int8_t *in, four_rows w, int32_t inputs) {
  int32_t p = 0, q = 0, r = 0, s = 0;
  OT_ROLLED
  for (int32_t at = 0; at < inputs; at += 16) {
    mve_pred16_t lanes = ot_bytes_left(inputs - at);
    int8x16_t x = vldrbq_z_s8(in + at, lanes);
    p = vmladavaq_s8(p, x, vldrbq_z_s8(w.a + at, lanes));
    q = vmladavaq_s8(q, x, vldrbq_z_s8(w.b + at, lanes));
    r = vmladavaq_s8(r, x, vldrbq_z_s8(w.c + at, lanes));
    s = vmladavaq_s8(s, x, vldrbq_z_s8(w.d + at, lanes));
  }
  return (int32x4_t){p, q, r, s};
}

void ot_row_product(const int8_t *in, int8_t *out, const ot_row *row) {
  const ot_row r = *row; /* what goes out cannot change a copy */
  const int8_t *w = r.filters;
  int32_t c = 0;
  OT_ROLLED
  for (; c + 4 <= r.outputs; c += 4, w += 4 * r.inputs) {
    four_rows rows = {w, w + r.inputs, w + 2 * r.inputs, w + 3 * r.inputs};
    int32x4_t sum = vaddq_s32(products(in, rows, r.inputs), vldrwq_s32(r.bias + c));
    int32x4_t value = ot_rescale_four(sum, vldrwq_s32(r.multiplier + c), vldrbq_s32(r.shift + c));
    value = vmaxq_s32(vminq_s32(vaddq_n_s32(value, r.out_zero), vdupq_n_s32(127)), vdupq_n_s32(-128));
    vstrbq_s32(out + c, value);
  }
  int32_t left = r.outputs - c;
  if (left > 0) { /* those that are missing repeat the last */
    mve_pred16_t lanes = ot_words_left(left);
    const int8_t *b = left > 1 ? w + r.inputs : w, *d = left > 2 ? b + r.inputs : b;
    int32x4_t sum = vaddq_s32(products(in, (four_rows){w, b, d, d}, r.inputs), vldrwq_z_s32(r.bias + c, lanes));
    int32x4_t value = ot_rescale_four(sum, vldrwq_z_s32(r.multiplier + c, lanes), vldrbq_z_s32(r.shift + c, lanes));
    ot_store_four(out + c, vaddq_n_s32(value, r.out_zero), -128, 127, lanes);
  }
}

#else

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

#endif
