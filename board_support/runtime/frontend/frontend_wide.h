/* Products of the fixed-point front end that are wider than a plain C product, by what the core multiplies with.
 *
 *   DSP extension     SMULW and SMLAW: 32 by 16 bits in one instruction
 *   long multiply     SMULL, UMULL: 32 by 32 bits to 64
 *   neither (M0, M0+) products of 16-bit halves, which fit 32 bits
 *
 * All give the same bits.
 */
#ifndef FRONTEND_WIDE_H
#define FRONTEND_WIDE_H

#include "frontend_state.h"

/* A cosine in the low half, a sine in the high half, both in 1/2^15. */
typedef uint32_t __attribute__((may_alias)) turn;

/* Two neighbouring samples from any address. */
FE_INLINE int32_t pair_at(const int16_t *x) {
  typedef struct __attribute__((packed, may_alias)) {
    int32_t value;
  } pair;
  return ((const pair *)x)->value;
}

/* floor(a * w.low / 2^16), floor(a * w.high / 2^16), and the same added to a sum. */
#if defined(__ARM_FEATURE_DSP)

FE_INLINE int32_t times_cosine(int32_t a, turn w) {
  int32_t result;
  __asm__("smulwb %0, %1, %2" : "=r"(result) : "r"(a), "r"(w));
  return result;
}
FE_INLINE int32_t times_sine(int32_t a, turn w) {
  int32_t result;
  __asm__("smulwt %0, %1, %2" : "=r"(result) : "r"(a), "r"(w));
  return result;
}
FE_INLINE int32_t plus_cosine(int32_t sum, int32_t a, turn w) {
  int32_t result;
  __asm__("smlawb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(w), "r"(sum));
  return result;
}
FE_INLINE int32_t plus_sine(int32_t sum, int32_t a, turn w) {
  int32_t result;
  __asm__("smlawt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(w), "r"(sum));
  return result;
}

#else

/* FE_HALVES may also be asked for, so that any computer can test it. */
#if defined(FE_HALVES) || defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#undef FE_HALVES
#define FE_HALVES 1
FE_INLINE int32_t scaled(int32_t a, int32_t w) { return (a >> 16) * w + ((int32_t)(uint16_t)a * w >> 16); }
#else
FE_INLINE int32_t scaled(int32_t a, int32_t w) { return (int32_t)((int64_t)a * (w * 65536) >> 32); }
#endif

FE_INLINE int32_t times_cosine(int32_t a, turn w) { return scaled(a, (int16_t)w); }
FE_INLINE int32_t times_sine(int32_t a, turn w) { return scaled(a, (int32_t)w >> 16); }
FE_INLINE int32_t plus_cosine(int32_t sum, int32_t a, turn w) { return sum + times_cosine(a, w); }
FE_INLINE int32_t plus_sine(int32_t sum, int32_t a, turn w) { return sum + times_sine(a, w); }

#endif

/* x^2 + y^2, below 2^49. */
FE_INLINE uint64_t squares(int32_t x, int32_t y) {
#ifdef FE_HALVES
  const int32_t xh = x >> 12, xl = x & 0xfff, yh = y >> 12, yl = y & 0xfff;
  const uint32_t low = (uint32_t)(xl * xl + yl * yl), high = (uint32_t)(xh * xh + yh * yh);
  const int32_t middle = 2 * (xh * xl + yh * yl) + (int32_t)(low >> 12);
  return ((uint64_t)high << 24) + ((uint64_t)(int64_t)middle << 12) + (low & 0xfff);
#else
  return (uint64_t)((int64_t)x * x + (int64_t)y * y);
#endif
}

/* sum + power * weight, for a power below 2^49 and a weight of up to 2^15. */
FE_INLINE uint64_t plus_product(uint64_t sum, uint32_t low, uint32_t high, uint32_t weight) {
#ifdef FE_HALVES
  const uint32_t middle = (low >> 16) * weight;
  sum += (low & 0xffff) * weight;
  sum += (uint64_t)middle << 16;
#else
  sum += (uint64_t)low * weight;
#endif
  return sum + ((uint64_t)(high * weight) << 32);
}

#endif
