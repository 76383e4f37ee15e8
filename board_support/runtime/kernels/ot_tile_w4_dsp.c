/* Up to three pixels times many 4-bit filters: the inner loop of convolutions on cores with the DSP extension.
 *
 *   out[p][c] = saturate(rescale(bias[c] + sum_k in[p][k] * filter[c][k]) + out_zero)
 *
 * `columns` holds three pixels as ot_unfold lays them down. A byte holds the weights of two output channels for one input: the
 * first channel's in its upper half; an odd last channel is paired with zeros. Taken where they stand, sixteen times too large,
 * the halves need no sign extension of their own, and one load brings eight weights.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#define UPPER_HALVES ((int32_t)0xf0f0f0f0u)

typedef struct {
  int32_t p0, p1, p2; /* the pair's first channel, three pixels, sixteen times */
  int32_t q0, q1, q2; /* its second channel */
} ot_sums;

OT_INLINE ot_sums accumulate(const ot_word *a, const int8_t *filters, int32_t quads) {
  ot_sums s = {0, 0, 0, 0, 0, 0};
  OT_ROLLED
  for (const int8_t *end = filters + 4 * quads; filters != end; filters += 4, a += 6) {
    int32_t both = ot_load(filters);
    int32_t e = both & UPPER_HALVES, f = (int32_t)((uint32_t)both << 4) & UPPER_HALVES;
    int32_t e0 = ot_even_bytes(e), f0 = ot_even_bytes(f), e1 = ot_odd_bytes(e), f1 = ot_odd_bytes(f);
    s.p0 = ot_dual_mac(a[3], e1, ot_dual_mac(a[0], e0, s.p0));
    s.p1 = ot_dual_mac(a[4], e1, ot_dual_mac(a[1], e0, s.p1));
    s.p2 = ot_dual_mac(a[5], e1, ot_dual_mac(a[2], e0, s.p2));
    s.q0 = ot_dual_mac(a[3], f1, ot_dual_mac(a[0], f0, s.q0));
    s.q1 = ot_dual_mac(a[4], f1, ot_dual_mac(a[1], f0, s.q1));
    s.q2 = ot_dual_mac(a[5], f1, ot_dual_mac(a[2], f0, s.q2));
  }
  return s;
}

/* Write one channel of three pixels, the first last: pixels that are not there share its place. */
static void finish(int8_t *out, const int32_t sums[3], int32_t step, int32_t pixels, int32_t c, const ot_tile *t) {
  int32_t multiplier = t->multiplier[c], shift = t->shift[c], bias = t->bias[c];
  OT_ROLLED
  for (int32_t p = pixels - 1; p >= 0; p--) {
    out[p * step] = ot_requantise(bias + (sums[p] >> 4), multiplier, shift, t->out_zero);
  }
}

void ot_tile_w4_dsp(const void *columns, int8_t *out, int32_t pixels, const ot_tile *t) {
  const int8_t *filters = t->filters;
  OT_ROLLED
  for (int32_t c = 0; c < t->channels; c += 2, filters += 4 * t->quads) {
    ot_sums s = accumulate(columns, filters, t->quads);
    int32_t first[3] = {s.p0, s.p1, s.p2}, second[3] = {s.q0, s.q1, s.q2};
    finish(out + c, first, t->out_step, pixels, c, t);
    if (c + 1 < t->channels) {
      finish(out + c + 1, second, t->out_step, pixels, c + 1, t);
    }
  }
}
