/* The log-mel front end in float32, one frame at a time, freestanding C11.
 *
 * A frame is complete when `window` samples have come; the next one starts `hop` samples later.
 *   1. x[i] = pcm[i] * hann[i], zeros up to `fft` points.
 *   2. The real transform as a complex one of fft/2 points (even samples real, odd ones imaginary), decimated in time:
 *      the first stage (radix 4, or radix 2 where fft/2 is no power of four) reads PCM, windows it and writes in bit-reversed
 *      order; radix-4 stages follow in place; then the split into fft/2 + 1 bins and |X|^2.
 *   3. Mel band m = norm[m] * (rising side + falling side). Neighbouring triangles share a segment between two edges, in which
 *      one's weight is r and the other's 1 - r, so a bin needs one weight and is visited once.
 *   4. q = clamp(round(log2(max(band, floor)) * scale + offset)), halves away from zero: decibels, normalisation and
 *      the network's input quantisation in one step. log2 is good to 2e-7.
 *
 * PCM is not divided by 32768 and the split not by 2: band energies are 2^32 times too large, which the floor contains and the
 * exponent of log2 takes back, both exactly.
 *
 * Tables: half of the Hann window (it is symmetric), a quarter of a sine wave on the grid of `fft`, from which all twiddle
 * factors come, one weight a bin, one norm a band, the bins between two edges.
 */
#include "frontend.h"

#define POINTS (FE_FFT / 2)
#define QUARTER (FE_FFT / 4)
#define EXCESS_BITS 32
/* log2(POINTS) is even where the bits at even places meet POINTS. */
#define FIRST_RADIX ((POINTS & 0x5555) ? 4 : 2)
#define PART (FE_FFT / FIRST_RADIX)
#define INLINE static inline __attribute__((always_inline))
#define STAGE static __attribute__((noinline))
/* The bodies of these loops are long: unrolled they would take flash and save nothing. */
#ifdef __clang__
#define ROLLED _Pragma("clang loop unroll(disable)")
#else
#define ROLLED _Pragma("GCC unroll 1")
#endif

extern const float frontend_window[FE_WINDOW / 2 + 2];
extern const float frontend_sine[QUARTER + 1];
extern const float frontend_rise[];
extern const uint16_t frontend_count[FE_MELS + 1];
extern const float frontend_norm[FE_MELS];

/* What the overlap of two frames is moved in. */
#if FE_HOP % 2 == 0
typedef uint32_t __attribute__((may_alias)) unit;
#else
typedef int16_t unit;
#endif

static struct {
  float spectrum[FE_FFT + 2]; /* complex points, then the power of bin k at 2k */
  int32_t filled;             /* samples in history; below zero: samples still to be skipped */
  int32_t row;                /* where the next frame's features go: the oldest row */
  int16_t history[(FE_WINDOW + 1) & ~1];
  int8_t features[FE_FEATURE_BYTES];
} state;

enum { RISING, FALLING, SILENT };

/* Which side of the window the pair of samples at even index s lies on. */
INLINE int side_of(int s) {
  if (s <= FE_WINDOW / 2) return RISING;
  return s < FE_WINDOW ? FALLING : SILENT;
}

/* The windowed samples s and s + 1 as a complex point. */
INLINE void point(int s, int side, float *re, float *im) {
  if (side == SILENT) {
    *re = *im = 0.0f;
    return;
  }
  const int16_t *x = state.history + s;
  const float *w = side == RISING ? frontend_window + s : frontend_window + FE_WINDOW - s;
  *re = (float)x[0] * w[0];
  *im = (float)x[1] * (side == RISING ? w[1] : w[-1]);
}

/* Advance j as a bit-reversed counter below `top` * 2. */
INLINE int reversed_next(int j, int top) {
  while (j & top) {
    j ^= top;
    top >>= 1;
  }
  return j ^ top;
}

/* First butterflies `from` to `to`, between which no part of the frame changes its side of the window. */
INLINE int first_stage(int from, int to, int place) {
  ROLLED for (int i = from; i < to; i++) {
    float *z = state.spectrum + 2 * FIRST_RADIX * place;
    float ar, ai, br, bi;
    point(2 * i, side_of(2 * from), &ar, &ai);
    point(2 * i + PART, side_of(2 * from + PART), &br, &bi);
#if (POINTS & 0x5555)
    float cr, ci, dr, di;
    point(2 * i + 2 * PART, side_of(2 * from + 2 * PART), &cr, &ci);
    point(2 * i + 3 * PART, side_of(2 * from + 3 * PART), &dr, &di);
    const float er = ar + cr, ei = ai + ci, fr = ar - cr, fi = ai - ci;
    const float gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
    z[0] = er + gr;
    z[1] = ei + gi;
    z[2] = fr + hi;
    z[3] = fi - hr;
    z[4] = er - gr;
    z[5] = ei - gi;
    z[6] = fr - hi;
    z[7] = fi + hr;
#else
    z[0] = ar + br;
    z[1] = ai + bi;
    z[2] = ar - br;
    z[3] = ai - bi;
#endif
    place = reversed_next(place, POINTS / FIRST_RADIX / 2);
  }
  return place;
}

STAGE void window_and_first_stage(void) {
  enum {
    fold = ((FE_WINDOW / 2 + 2) & ~1) % PART / 2, /* the first pair past the window's middle */
    end = ((FE_WINDOW + 1) & ~1) % PART / 2,      /* the first pair past its end */
    low = fold < end ? fold : end,
    high = fold < end ? end : fold
  };
  int place = first_stage(0, low, 0);
  place = first_stage(low, high, place);
  (void)first_stage(high, PART / 2, place);
}

/* Stages of radix 4: sub-transforms of `h` points at 0, h, 2h, 3h hold the residues 0, 2, 1, 3. */
STAGE void later_stages(void) {
  for (int h = FIRST_RADIX; h < POINTS; h *= 4) {
    const int step = FE_FFT / 4 / h;
    const float *sine = frontend_sine, *cosine = frontend_sine + QUARTER;
    ROLLED for (int k = 0; k < h; k++, sine += step, cosine -= step) {
      const float c1 = *cosine, s1 = *sine;
      const float c2 = c1 * c1 - s1 * s1, s2 = 2.0f * c1 * s1;
      const float c3 = c1 * c2 - s1 * s2, s3 = s1 * c2 + c1 * s2;
      ROLLED for (float *p = state.spectrum + 2 * k; p < state.spectrum + FE_FFT; p += 8 * h) {
        float *q = p + 2 * h, *r = p + 4 * h, *s = p + 6 * h;
        const float ar = p[0], ai = p[1];
        const float cr = q[0] * c2 + q[1] * s2, ci = q[1] * c2 - q[0] * s2;
        const float br = r[0] * c1 + r[1] * s1, bi = r[1] * c1 - r[0] * s1;
        const float dr = s[0] * c3 + s[1] * s3, di = s[1] * c3 - s[0] * s3;
        const float er = ar + cr, ei = ai + ci, fr = ar - cr, fi = ai - ci;
        const float gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
        p[0] = er + gr;
        p[1] = ei + gi;
        q[0] = fr + hi;
        q[1] = fi - hr;
        r[0] = er - gr;
        r[1] = ei - gi;
        s[0] = fr - hi;
        s[1] = fi + hr;
      }
    }
  }
}

/* From the complex transform to the power of the real one's bins: bin k at index 2k, four times too large. */
STAGE void split_power(void) {
  float *p = state.spectrum, *q = state.spectrum + FE_FFT;
  const float *sine = frontend_sine, *cosine = frontend_sine + QUARTER;
  const float first = 2.0f * (p[0] + p[1]), last = 2.0f * (p[0] - p[1]);
  p[0] = first * first;
  q[0] = last * last;
  ROLLED for (int k = QUARTER; k > 0; k--) {
    p += 2;
    q -= 2;
    const float s = *++sine, c = *--cosine;
    const float er = p[0] + q[0], ei = p[1] - q[1], gr = p[1] + q[1], gi = q[0] - p[0];
    const float tr = gr * c + gi * s, ti = gi * c - gr * s;
    const float xr = er + tr, xi = ei + ti, yr = er - tr, yi = ei - ti;
    p[0] = xr * xr + xi * xi;
    q[0] = yr * yr + yi * yi;
  }
}

/* Quantised feature of a band's energy. log2(m) = 2/ln2 * atanh(t), t = (m - 1) / (m + 1), |t| < 0.172, as four terms of its series. */
static int8_t quantised(float energy) {
  union {
    float value;
    int32_t bits;
  } x = {energy < FE_FLOOR ? FE_FLOOR : energy};
  const int32_t half_root = 0x3f3504f3; /* sqrt(1/2) */
  const int32_t exponent = (x.bits - half_root) >> 23;
  x.bits -= (int32_t)((uint32_t)exponent << 23);
  const float t = (x.value - 1.0f) / (x.value + 1.0f), u = t * t;
  const float log2m = t * (2.88539008f + u * (0.961796694f + u * (0.577078016f + u * 0.412198583f)));
  float v = ((float)(exponent - EXCESS_BITS) + log2m) * FE_SCALE + FE_OFFSET;
  v += v < 0.0f ? -0.5f : 0.5f;
  if (v > 127.0f) return 127;
  if (v < -128.0f) return -128;
  return (int8_t)(int32_t)v;
}

STAGE void mel_bands(int8_t *out) {
  const float *power = state.spectrum + 2 * FE_FIRST_BIN, *rise = frontend_rise;
  float rising_side = 0.0f;
  for (int m = 0; m <= FE_MELS; m++) {
    float total = 0.0f, rising = 0.0f;
    for (int k = frontend_count[m]; k > 0; k--, power += 2) {
      total += *power;
      rising += *power * *rise++;
    }
    if (m > 0) out[m - 1] = quantised((rising_side + (total - rising)) * frontend_norm[m - 1]);
    rising_side = rising;
  }
}

/* Move the samples that the next frame shares to the front. The barrier keeps compilers from calling memmove, which is larger. */
STAGE void keep_overlap(void) {
  unit *to = (unit *)state.history;
  const unit *from = (const unit *)(state.history + FE_HOP);
  for (int left = (FE_WINDOW - FE_HOP) * (int)sizeof(int16_t); left > 0; left -= (int)sizeof(unit)) {
    *to++ = *from++;
    __asm__ volatile("" ::: "memory");
  }
  state.filled = FE_WINDOW - FE_HOP;
}

STAGE void frame(void) {
  window_and_first_stage();
  later_stages();
  split_power();
  mel_bands(state.features + state.row * FE_MELS);
  if (++state.row == FE_FRAMES) state.row = 0;
  keep_overlap();
}

void frontend_init(void) {
  state.filled = 0;
  state.row = 0;
  ROLLED for (int i = 0; i < FE_FEATURE_BYTES; i++) state.features[i] = FE_SILENCE;
}

int frontend_push(const int16_t *pcm, int count) {
  int frames = 0;
  while (count > 0) {
    const int32_t wanted = state.filled < 0 ? -state.filled : FE_WINDOW - state.filled;
    const int32_t taken = count < wanted ? count : wanted;
    if (state.filled >= 0) {
      int16_t *to = state.history + state.filled;
      for (int32_t i = 0; i < taken; i++) to[i] = pcm[i];
    }
    state.filled += taken;
    pcm += taken;
    count -= taken;
    if (state.filled == FE_WINDOW) {
      frame();
      frames++;
    }
  }
  return frames;
}

void frontend_features(int8_t *out) {
  const int32_t oldest = state.row * FE_MELS;
  ROLLED for (int32_t i = oldest; i < FE_FEATURE_BYTES; i++) *out++ = state.features[i];
  ROLLED for (int32_t i = 0; i < oldest; i++) *out++ = state.features[i];
}
