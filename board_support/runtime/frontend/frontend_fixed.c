/* A frame of the log-mel front end in fixed point, for cores without an FPU; freestanding C11. The host computes the same bits.
 *
 * x >> n rounds down; a product with a cosine or sine, held in 1/2^15, is shifted right by 16, so that it is halved.
 *   1. x[i] = pcm[i] * hann[i] >> FE_INPUT_SHIFT, zeros up to `fft` points, and the transform's first stage: frontend_window.h.
 *   2. Stages of radix 4 in place, each halving. The shift above is the least with which no sound can overflow 2^30.
 *   3. The split into fft/2 + 1 bins, rounded by FE_SPECTRUM_SHIFT, and |X|^2 in 64 bits, below 2^49.
 *   4. Mel band m = rising side + falling side, 64 bits, weights in 1/2^15. Neighbouring triangles share a segment between two
 *      edges, in which one's weight is r and the other's 1 - r, so a bin needs one weight and is visited once.
 *   5. log2 in 1/2^12: the highest bit's place, and a table of 32 steps with a straight line between two; plus the band's norm,
 *      which contains the scales of all that went before; not below FE_FLOOR.
 *   6. q = clamp(((log2 * FE_SLOPE >> 4) + FE_OFFSET) >> FE_SHIFT): decibels, normalisation and the network's input
 *      quantisation in one step.
 *
 * Tables: half of the Hann window; cosine and sine of three quarters of a circle for the stages, a quarter of a sine wave for the
 * split; one weight a bin, one norm a band, the bins between two edges; log2 of 1 + i/32.
 */
#include "frontend_wide.h"

/* Two samples times two weights; the window's falling side is read backwards. */
#if defined(__ARM_FEATURE_DSP)
FE_INLINE point weighted_up(const int16_t *x, const int16_t *w) {
  const int32_t xs = pair_at(x), ws = pair_at(w);
  return (point){(int16_t)xs * (int16_t)ws >> FE_INPUT_SHIFT, (xs >> 16) * (ws >> 16) >> FE_INPUT_SHIFT};
}
FE_INLINE point weighted_down(const int16_t *x, const int16_t *w) {
  const int32_t xs = pair_at(x), ws = pair_at(w - 1);
  return (point){(int16_t)xs * (ws >> 16) >> FE_INPUT_SHIFT, (xs >> 16) * (int16_t)ws >> FE_INPUT_SHIFT};
}
#else
FE_INLINE point weighted_up(const int16_t *x, const int16_t *w) {
  return (point){x[0] * w[0] >> FE_INPUT_SHIFT, x[1] * w[1] >> FE_INPUT_SHIFT};
}
FE_INLINE point weighted_down(const int16_t *x, const int16_t *w) {
  return (point){x[0] * w[0] >> FE_INPUT_SHIFT, x[1] * w[-1] >> FE_INPUT_SHIFT};
}
#endif

#include "frontend_window.h"

#define HALF (1 << (FE_SPECTRUM_SHIFT - 1))

extern const int16_t frontend_turns[3 * POINTS / 4 * 2];
extern const int16_t frontend_sine[QUARTER + 1];
extern const uint16_t frontend_rise[];
extern const uint16_t frontend_count[FE_MELS + 1];
extern const uint16_t frontend_norm[FE_MELS];
extern const uint16_t frontend_log[33];

/* Join four sub-transforms to one, and so on to the end, always at the same place within them. The pointer goes over the inputs
 * and back over the outputs. */
#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && !defined(FE_NO_ASM)

#define TURNED(re, im, free, w)              \
  "smulwb " free ", " re ", " w "\n"         \
  "smlawt " free ", " im ", " w ", " free "\n" \
  "smulwb " im ", " im ", " w "\n"           \
  "smulwt " re ", " re ", " w "\n"           \
  "sub " im ", " im ", " re "\n"

FE_INLINE void joined(int32_t *z, int32_t stride, turn w1, turn w2, turn w3) {
  /* Compilers run out of registers here; by hand two of the twiddles and the end are kept in memory. */
  const struct {
    turn w1, w2;
    const int32_t *end;
  } kept = {w1, w2, frontend_state.spectrum + FE_FFT};
  int32_t a, b, c, d, e, f, g, h, i;
  __asm__ volatile(
      "1:\n"
      "ldrd %[a], %[b], [%[z]]\n"
      "add %[z], %[z], %[stride]\n"
      "ldrd %[c], %[d], [%[z]]\n"
      "ldr %[g], [%[kept], #4]\n" TURNED("%[c]", "%[d]", "%[e]", "%[g]")
      "add %[c], %[e], %[a], asr #1\n" /* er */
      "rsb %[e], %[e], %[a], asr #1\n" /* fr */
      "add %[a], %[d], %[b], asr #1\n" /* ei */
      "rsb %[d], %[d], %[b], asr #1\n" /* fi */
      "add %[z], %[z], %[stride]\n"
      "ldrd %[b], %[f], [%[z]]\n"
      "ldr %[g], [%[kept]]\n" TURNED("%[b]", "%[f]", "%[h]", "%[g]")
      "add %[z], %[z], %[stride]\n"
      "ldrd %[b], %[g], [%[z]]\n" TURNED("%[b]", "%[g]", "%[i]", "%[w3]")
      "add %[b], %[h], %[i]\n" /* gr */
      "sub %[h], %[h], %[i]\n" /* hr */
      "add %[i], %[f], %[g]\n" /* gi */
      "sub %[f], %[f], %[g]\n" /* hi */
      "sub %[g], %[e], %[f]\n"
      "add %[e], %[e], %[f]\n"
      "add %[f], %[d], %[h]\n"
      "sub %[d], %[d], %[h]\n"
      "strd %[g], %[f], [%[z]]\n"
      "sub %[z], %[z], %[stride]\n"
      "sub %[g], %[c], %[b]\n"
      "sub %[f], %[a], %[i]\n"
      "strd %[g], %[f], [%[z]]\n"
      "sub %[z], %[z], %[stride]\n"
      "strd %[e], %[d], [%[z]]\n"
      "sub %[z], %[z], %[stride]\n"
      "add %[c], %[c], %[b]\n"
      "add %[a], %[a], %[i]\n"
      "strd %[c], %[a], [%[z]]\n"
      "add %[z], %[z], %[stride], lsl #2\n"
      "ldr %[g], [%[kept], #8]\n"
      "cmp %[z], %[g]\n"
      "blo 1b\n"
      : [z] "+r"(z), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e), [f] "=&r"(f), [g] "=&r"(g),
        [h] "=&r"(h), [i] "=&r"(i)
      : [stride] "r"(4 * stride), [w3] "r"(w3), [kept] "r"(&kept)
      : "cc", "memory");
}

#else

/* A point times w, halved: turned back by w's angle. */
FE_INLINE point turned(const int32_t *z, turn w) {
  const int32_t re = z[0], im = z[1];
  return (point){plus_sine(times_cosine(re, w), im, w), times_cosine(im, w) - times_sine(re, w)};
}

FE_INLINE void joined(int32_t *z, int32_t stride, turn w1, turn w2, turn w3) {
  FE_ROLLED for (; z < frontend_state.spectrum + FE_FFT; z += 4 * stride) {
    int32_t *p = z, *q = p + stride, *r = q + stride, *s = r + stride;
    const point c = turned(q, w2), b = turned(r, w1), d = turned(s, w3);
    const point a = {p[0] >> 1, p[1] >> 1};
    butterfly(a, b, c, d, p, q, r, s);
  }
}

#endif

/* Stages of radix 4: sub-transforms of `h` points at 0, h, 2h, 3h hold the residues 0, 2, 1, 3. */
FE_STAGE void later_stages(void) {
  const turn *turns = (const turn *)frontend_turns;
  FE_HOLD(turns);
  FE_ROLLED for (int h = FIRST_RADIX; h < POINTS; h *= 4) {
    const int step = POINTS / 4 / h;
    int32_t *z = frontend_state.spectrum;
    FE_ROLLED for (int at = 0; at < POINTS / 4; at += step, z += 2) joined(z, 2 * h, turns[at], turns[2 * at], turns[3 * at]);
  }
}

/* Put the power of a bin in its place. */
FE_INLINE void put_power(int32_t *at, int32_t re, int32_t im) {
  const uint64_t power = squares(re >> FE_SPECTRUM_SHIFT, im >> FE_SPECTRUM_SHIFT);
  at[0] = (int32_t)(uint32_t)power;
  at[1] = (int32_t)(uint32_t)(power >> 32);
}

/* From the complex transform to the power of the real one's bins: bin k at index 2k, low word first. */
FE_STAGE void split_power(void) {
  int32_t *p = frontend_state.spectrum, *q = frontend_state.spectrum + FE_FFT;
  const int16_t *sine = frontend_sine, *cosine = frontend_sine + QUARTER;
  const int32_t first = p[0] + p[1] + HALF, last = p[0] - p[1] + HALF;
  put_power(p, first, 0);
  put_power(q, last, 0);
  FE_HOLD(p);
  FE_HOLD(q);
  FE_HOLD(sine);
  FE_HOLD(cosine);
  FE_ROLLED do {
    p += 2;
    q -= 2;
    const turn s = (turn)*++sine, c = (turn)*--cosine;
    const int32_t er = ((p[0] + q[0]) >> 1) + HALF, ei = ((p[1] - q[1]) >> 1) + HALF, gr = p[1] + q[1], gi = q[0] - p[0];
    const int32_t xr = plus_cosine(plus_cosine(er, gr, c), gi, s), xi = plus_cosine(ei, gi, c) - times_cosine(gr, s);
    put_power(p, xr, xi);
    put_power(q, 2 * er - xr, 2 * ei - xi);
  } while (p < q);
}

/* Shift the highest bit of an energy that is not 0 to the top; return its place. */
FE_INLINE int32_t normalise(uint64_t *energy) {
  uint32_t high = (uint32_t)(*energy >> 32), low = (uint32_t)*energy;
  int32_t place = 63;
  if (high == 0) {
    high = low;
    low = 0;
    place = 31;
  }
#if defined(__ARM_FEATURE_CLZ) || !defined(__arm__)
  const int lead = __builtin_clz(high);
  *energy = (((uint64_t)high << 32) | low) << lead;
  return place - lead;
#else
  for (int step = 16; step > 0; step >>= 1) {
    if (high >> (32 - step)) continue;
    high = (high << step) | (low >> (32 - step));
    low <<= step;
    place -= step;
  }
  *energy = (uint64_t)high << 32;
  return place;
#endif
}

/* log2 of a band's energy in 1/2^12, the band's norm added. */
FE_INLINE int32_t logarithm(uint64_t energy, int32_t norm) {
  if (energy == 0) return FE_FLOOR;
  const int32_t place = normalise(&energy);
  const uint32_t mantissa = (uint32_t)(energy >> 32);
  const uint16_t *step = frontend_log + ((mantissa >> 26) & 31);
  const uint32_t rise = (uint32_t)(step[1] - step[0]) * ((mantissa >> 10) & 0xffff) >> 16;
  const int32_t log = place * 4096 + (int32_t)((step[0] + rise + 4) >> 3) + norm;
  return log < FE_FLOOR ? FE_FLOOR : log;
}

FE_INLINE int8_t quantised(uint64_t energy, int32_t norm) {
  const int32_t v = (times_cosine(logarithm(energy, norm) * 4096, FE_SLOPE) + FE_OFFSET) >> FE_SHIFT;
  return (int8_t)(v > 127 ? 127 : v < -128 ? -128 : v);
}

FE_STAGE void mel_bands(int8_t *out) {
  const uint32_t *power = (const uint32_t *)frontend_state.spectrum + 2 * FE_FIRST_BIN;
  const uint16_t *rise = frontend_rise;
  uint64_t rising_side = 0;
  for (int m = 0; m <= FE_MELS; m++) {
    uint64_t total = 0, rising = 0;
    const uint32_t *end = power + 2 * frontend_count[m];
    FE_HOLD(end);
    FE_ROLLED for (; power != end; power += 2) {
      total += ((uint64_t)power[1] << 32) | power[0];
      rising = plus_product(rising, power[0], power[1], *rise++);
    }
    if (m > 0) out[m - 1] = quantised(rising_side + ((total << 15) - rising), FE_LEAST_NORM + frontend_norm[m - 1]);
    rising_side = rising;
  }
}

void frontend_frame(int8_t *out) {
  window_and_first_stage();
  later_stages();
  split_power();
  mel_bands(out);
}
