/* A frame of the log-mel front end in float32, for cores with an FPU; freestanding C11.
 *
 *   1. x[i] = pcm[i] * hann[i], zeros up to `fft` points, and the transform's first stage: frontend_window.h.
 *   2. Stages of radix 4 in place; then the split into fft/2 + 1 bins and |X|^2.
 *   3. Mel band m = norm[m] * (rising side + falling side). Neighbouring triangles share a segment between two edges, in which
 *      one's weight is r and the other's 1 - r, so a bin needs one weight and is visited once.
 *   4. q = clamp(round(log2(max(band, floor)) * scale + offset)), halves away from zero: decibels, normalisation and
 *      the network's input quantisation in one step. log2 is good to 2e-7.
 *
 * PCM is not divided by 32768 and the split not by 2: band energies are 2^32 times too large, which the floor contains and the
 * exponent of log2 takes back, both exactly.
 *
 * Tables: half of the Hann window, a quarter of a sine wave on the grid of `fft`, from which all twiddle factors come, one
 * weight a bin, one norm a band, the bins between two edges.
 */
#include "frontend_state.h"

/* Two samples times two weights; the window's falling side is read backwards. */
FE_INLINE point weighted_up(const int16_t *x, const float *w) { return (point){(float)x[0] * w[0], (float)x[1] * w[1]}; }
FE_INLINE point weighted_down(const int16_t *x, const float *w) { return (point){(float)x[0] * w[0], (float)x[1] * w[-1]}; }

#include "frontend_window.h"

#define EXCESS_BITS 32

extern const float frontend_sine[QUARTER + 1];
extern const float frontend_rise[];
extern const uint16_t frontend_count[FE_MELS + 1];
extern const float frontend_norm[FE_MELS];

/* Stages of radix 4: sub-transforms of `h` points at 0, h, 2h, 3h hold the residues 0, 2, 1, 3. */
FE_STAGE void later_stages(void) {
  for (int h = FIRST_RADIX; h < POINTS; h *= 4) {
    const int step = FE_FFT / 4 / h;
    const float *sine = frontend_sine, *cosine = frontend_sine + QUARTER;
    FE_ROLLED for (int k = 0; k < h; k++, sine += step, cosine -= step) {
      const float c1 = *cosine, s1 = *sine;
      const float c2 = c1 * c1 - s1 * s1, s2 = 2.0f * c1 * s1;
      const float c3 = c1 * c2 - s1 * s2, s3 = s1 * c2 + c1 * s2;
      FE_ROLLED for (float *p = frontend_state.spectrum + 2 * k; p < frontend_state.spectrum + FE_FFT; p += 8 * h) {
        float *q = p + 2 * h, *r = p + 4 * h, *s = p + 6 * h;
        const point a = {p[0], p[1]};
        const point c = {q[0] * c2 + q[1] * s2, q[1] * c2 - q[0] * s2};
        const point b = {r[0] * c1 + r[1] * s1, r[1] * c1 - r[0] * s1};
        const point d = {s[0] * c3 + s[1] * s3, s[1] * c3 - s[0] * s3};
        butterfly(a, b, c, d, p, q, r, s);
      }
    }
  }
}

/* From the complex transform to the power of the real one's bins: bin k at index 2k, four times too large. */
FE_STAGE void split_power(void) {
  float *p = frontend_state.spectrum, *q = frontend_state.spectrum + FE_FFT;
  const float *sine = frontend_sine, *cosine = frontend_sine + QUARTER;
  const float first = 2.0f * (p[0] + p[1]), last = 2.0f * (p[0] - p[1]);
  p[0] = first * first;
  q[0] = last * last;
  FE_ROLLED for (int k = QUARTER; k > 0; k--) {
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

FE_STAGE void mel_bands(int8_t *out) {
  const float *power = frontend_state.spectrum + 2 * FE_FIRST_BIN, *rise = frontend_rise;
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

void frontend_frame(int8_t *out) {
  window_and_first_stage();
  later_stages();
  split_power();
  mel_bands(out);
}
