/* Up to three pixels times many filters: the inner loop of the convolutions on cores with the DSP extension.
 *
 *   out[p][c] = saturate(rescale(bias[c] + sum_k in[p][k] * filter[c][k]) + out_zero)
 *
 * `columns` holds three pixels as ot_unfold lays them down. Filters come in pairs of output channels, interleaved by four
 * inputs: {4 of the first, 4 of the second} for each quad; an odd last channel is paired with zeros. Pixels beyond `pixels`
 * are computed and dropped. Two channels by three pixels fill the registers, so each load serves two or three products.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

typedef struct {
  int32_t p0, p1, p2; /* the pair's first channel, three pixels */
  int32_t q0, q1, q2; /* its second channel */
} ot_sums;

#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && !defined(OT_NO_ASM)

#define HALF_QUAD(load, rotate)    \
  load "\n"                        \
  "sxtb16 %[e], %[e]" rotate "\n"  \
  "sxtb16 %[f], %[f]" rotate "\n"  \
  "ldmia %[a]!, {r4, r5, r6}\n"    \
  "smlad %[p0], r4, %[e], %[p0]\n" \
  "smlad %[q0], r4, %[f], %[q0]\n" \
  "smlad %[p1], r5, %[e], %[p1]\n" \
  "smlad %[q1], r5, %[f], %[q1]\n" \
  "smlad %[p2], r6, %[e], %[p2]\n" \
  "smlad %[q2], r6, %[f], %[q2]\n"
#define QUAD() HALF_QUAD("ldrd %[e], %[f], [%[w]]", "") HALF_QUAD("ldrd %[e], %[f], [%[w]], #8", ", ror #8")
#define OPERANDS                                                                                                     \
  [p0] "+r"(s.p0), [q0] "+r"(s.q0), [p1] "+r"(s.p1), [q1] "+r"(s.q1), [p2] "+r"(s.p2), [q2] "+r"(s.q2), [a] "+r"(a), \
      [w] "+r"(filters), [e] "=&r"(e), [f] "=&r"(f)

#define LOOP(body)                                                          \
  __asm__ volatile("1:\n" body "ldr r4, %[end]\ncmp %[w], r4\nbne 1b\n" \
                   : OPERANDS                                               \
                   : [end] "m"(end)                                         \
                   : "r4", "r5", "r6", "cc", "memory")

OT_INLINE ot_sums accumulate(const ot_word *a, const int8_t *filters, int32_t quads, ot_sums s) {
  const int8_t *end = filters + 8 * quads;
  int32_t e, f;
  if (quads & 1) {
    LOOP(QUAD());
  } else {
    LOOP(QUAD() QUAD());
  }
  return s;
}

#else

OT_INLINE ot_sums accumulate(const ot_word *a, const int8_t *filters, int32_t quads, ot_sums s) {
  for (int32_t i = 0; i < quads; i++, filters += 8, a += 6) {
    int32_t e = ot_load(filters), f = ot_load(filters + 4);
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

#endif

/* Write one channel of three pixels, the first last: pixels that are not there share its place. */
OT_INLINE void finish(int8_t *out, int32_t s0, int32_t s1, int32_t s2, int32_t step1, int32_t step2, int32_t c, const ot_tile *t) {
  int32_t multiplier = t->multiplier[c], shift = t->shift[c];
  if (ot_is_small(shift)) {
    ot_factor factor = ot_small_factor(multiplier, shift, t->out_zero);
    out[step2] = ot_requantise_small(s2, factor);
    out[step1] = ot_requantise_small(s1, factor);
    out[0] = ot_requantise_small(s0, factor);
  } else {
    out[step2] = ot_requantise(s2, multiplier, shift, t->out_zero);
    out[step1] = ot_requantise(s1, multiplier, shift, t->out_zero);
    out[0] = ot_requantise(s0, multiplier, shift, t->out_zero);
  }
}

void ot_tile_dsp(const void *columns, int8_t *out, int32_t pixels, const ot_tile *t) {
  const int8_t *filters = t->filters;
  int32_t step1 = pixels > 1 ? t->out_step : 0, step2 = pixels > 2 ? 2 * t->out_step : 0;
  for (int32_t c = 0; c < t->channels; c += 2, filters += 8 * t->quads, out += 2) {
    int32_t pair = c + 1 < t->channels;
    int32_t p = t->bias[c], q = t->bias[c + pair];
    ot_sums s = accumulate(columns, filters, t->quads, (ot_sums){p, p, p, q, q, q});
    finish(out + pair, s.q0, s.q1, s.q2, step1, step2, c + pair, t);
    finish(out, s.p0, s.p1, s.p2, step1, step2, c, t);
  }
}
