/* The first two steps of a frame, alike in both arithmetics: the window and the transform's first stage.
 *
 * The real transform is a complex one of fft/2 points, even samples real, odd ones imaginary, decimated in time. Its first stage
 * (radix 4, or radix 2 where fft/2 is no power of four) reads PCM, weighs it and writes in bit-reversed order. The window is symmetric,
 * half of it is kept; where it is zero nothing is read. The arithmetic says what a number, a weight and a weighted pair are.
 */
#ifndef FRONTEND_WINDOW_H
#define FRONTEND_WINDOW_H

#include "frontend_state.h"

#define POINTS (FE_FFT / 2)
#define QUARTER (FE_FFT / 4)
/* log2(POINTS) is even where the bits at even places meet POINTS. */
#define FIRST_RADIX ((POINTS & 0x5555) ? 4 : 2)
#define PART (FE_FFT / FIRST_RADIX)

/* One entry past the middle, so that a pair of samples never straddles the fold. */
extern const frontend_weight frontend_window[FE_WINDOW / 2 + 2];

enum { RISING, FALLING, SILENT };

/* Which side of the window the pair of samples at even index s lies on. */
FE_INLINE int side_of(int s) {
  if (s <= FE_WINDOW / 2) return RISING;
  return s < FE_WINDOW ? FALLING : SILENT;
}

/* Where the first butterflies read: samples forwards, weights forwards before the window's middle and backwards behind it. */
typedef struct {
  const int16_t *x;
  const frontend_weight *rising, *falling;
} reader;

/* The last leg of the butterfly `from` that lies on the falling side. */
FE_INLINE int last_falling(int from) {
  int leg = FIRST_RADIX - 1;
  while (leg > 0 && side_of(2 * from + leg * PART) == SILENT) leg--;
  return leg;
}

FE_INLINE reader reader_at(int from) {
  const int last = 2 * from + last_falling(from) * PART;
  reader at = {frontend_state.history, frontend_window, frontend_window};
  if (side_of(2 * from) != SILENT) at.x += 2 * from;
  if (side_of(2 * from) == RISING) at.rising += 2 * from;
  if (side_of(last) == FALLING) at.falling += FE_WINDOW - last;
  FE_HOLD(at.x);
  FE_HOLD(at.rising);
  FE_HOLD(at.falling);
  return at;
}

/* A leg's two weighted samples as a complex point. */
FE_INLINE point windowed(reader at, int from, int leg) {
  const int side = side_of(2 * from + leg * PART);
  if (side == SILENT) return (point){0, 0};
  const int16_t *x = at.x + leg * PART;
  return side == RISING ? weighted_up(x, at.rising + leg * PART) : weighted_down(x, at.falling + (last_falling(from) - leg) * PART);
}

/* Advance j as a bit-reversed counter below `top` * 2; `i` is what it is the reverse of, afterwards. */
FE_INLINE int reversed_next(int j, int i, int top) {
#if defined(__arm__) && __ARM_ARCH >= 7 && !defined(__ARM_ARCH_8M_BASE__)
  (void)j;
  uint32_t reversed;
  __asm__("rbit %0, %1" : "=r"(reversed) : "r"(i));
  return (int)(reversed / (0x80000000u / (unsigned)top));
#else
  (void)i;
  while (j & top) {
    j ^= top;
    top >>= 1;
  }
  return j ^ top;
#endif
}

/* The butterfly of radix 4, sums and differences only: inputs in the order of residues 0, 1, 2, 3, outputs at p, q, r, s. */
FE_INLINE void butterfly(point a, point b, point c, point d, frontend_number *p, frontend_number *q, frontend_number *r, frontend_number *s) {
  const frontend_number er = a.re + c.re, ei = a.im + c.im, fr = a.re - c.re, fi = a.im - c.im;
  const frontend_number gr = b.re + d.re, gi = b.im + d.im, hr = b.re - d.re, hi = b.im - d.im;
  p[0] = er + gr;
  p[1] = ei + gi;
  q[0] = fr + hi;
  q[1] = fi - hr;
  r[0] = er - gr;
  r[1] = ei - gi;
  s[0] = fr - hi;
  s[1] = fi + hr;
}

/* First butterflies `from` to `to`, between which no part of the frame changes its side of the window. */
FE_INLINE int first_stage(int from, int to, int place) {
  if (from == to) return place;
  reader at = reader_at(from);
  FE_ROLLED for (int i = from; i < to;) {
    frontend_number *z = frontend_state.spectrum + 2 * FIRST_RADIX * place;
    const point a = windowed(at, from, 0), b = windowed(at, from, 1);
#if (POINTS & 0x5555)
    const point c = windowed(at, from, 2), d = windowed(at, from, 3);
    butterfly(a, b, c, d, z, z + 2, z + 4, z + 6);
#else
    z[0] = a.re + b.re;
    z[1] = a.im + b.im;
    z[2] = a.re - b.re;
    z[3] = a.im - b.im;
#endif
    at.x += 2;
    at.rising += 2;
    at.falling -= 2;
    place = reversed_next(place, ++i, POINTS / FIRST_RADIX / 2);
  }
  return place;
}

FE_STAGE void window_and_first_stage(void) {
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

#endif
