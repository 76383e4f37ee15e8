/* Fixed-point arithmetic shared by the kernels, as TensorFlow Lite for Microcontrollers computes it.
 *
 * A real factor M > 0 is held as multiplier * 2^(shift - 31), 2^30 <= multiplier < 2^31. Rescaling rounds twice:
 *   t = round(x * 2^max(shift, 0) * multiplier / 2^31)   halves upwards      (SaturatingRoundingDoublingHighMul)
 *   y = round(t / 2^max(-shift, 0))                       halves from zero    (RoundingDivideByPOT)
 * On cores with the DSP extension single instructions do the work; elsewhere portable C gives the same bits.
 */
#ifndef OT_ARITH_H
#define OT_ARITH_H

#include <stdint.h>

#define OT_INLINE static inline __attribute__((always_inline))

/* Words and halfwords inside the arena, which the model also sees as bytes. */
typedef int32_t __attribute__((may_alias)) ot_word;
typedef int16_t __attribute__((may_alias)) ot_half;
typedef struct __attribute__((packed, may_alias)) {
  int32_t value;
} ot_unaligned;

/* Load four bytes, or two halfwords, from any address. */
OT_INLINE int32_t ot_load(const void *from) { return ((const ot_unaligned *)from)->value; }
OT_INLINE void ot_store(void *to, int32_t value) { ((ot_unaligned *)to)->value = value; }

#if defined(__ARM_FEATURE_DSP)

/* sum + a.low * b.low + a.high * b.high */
OT_INLINE int32_t ot_dual_mac(int32_t a, int32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* Bytes 0 and 2 as two signed halfwords. */
OT_INLINE int32_t ot_even_bytes(int32_t word) {
  int32_t result;
  __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(word));
  return result;
}

/* Bytes 1 and 3 as two signed halfwords. */
OT_INLINE int32_t ot_odd_bytes(int32_t word) {
  int32_t result;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
  return result;
}

OT_INLINE int32_t ot_saturate(int32_t value) {
  int32_t result;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
  return result;
}

/* round(x * multiplier / 2^31): with 2 * multiplier = 2^32 + k this is x + round(x * k / 2^32), one instruction and no overflow. */
OT_INLINE int32_t ot_high_mul(int32_t x, int32_t multiplier) {
  int32_t result;
  __asm__("smmlar %0, %1, %2, %1" : "=r"(result) : "r"(x), "r"((int32_t)((uint32_t)multiplier << 1)));
  return result;
}

#else

OT_INLINE int32_t ot_dual_mac(int32_t a, int32_t b, int32_t sum) {
  return sum + (int16_t)a * (int16_t)b + (a >> 16) * (b >> 16);
}

OT_INLINE int32_t ot_even_bytes(int32_t word) {
  return (int32_t)(((uint32_t)(int8_t)word & 0xffffu) | ((uint32_t)(int8_t)(word >> 16) << 16));
}

OT_INLINE int32_t ot_odd_bytes(int32_t word) { return ot_even_bytes((int32_t)((uint32_t)word >> 8)); }

OT_INLINE int32_t ot_saturate(int32_t value) { return value < -128 ? -128 : value > 127 ? 127 : value; }

OT_INLINE int32_t ot_high_mul(int32_t x, int32_t multiplier) {
  return (int32_t)(((int64_t)x * multiplier + (1 << 30)) >> 31);
}

#endif

/* A factor unpacked for the inner loops. */
typedef struct {
  int32_t multiplier;
  int32_t left;  /* bits to the left before the multiplication */
  int32_t right; /* bits to the right after it */
  int32_t half;  /* half of what one unit is before the shift to the right */
  int32_t away;  /* -1 where halves of negative values must be moved away from zero, else 0 */
} ot_factor;

OT_INLINE ot_factor ot_make_factor(int32_t multiplier, int32_t shift) {
  ot_factor f;
  f.multiplier = multiplier;
  f.left = shift > 0 ? shift : 0;
  f.right = shift > 0 ? 0 : -shift;
  f.half = (int32_t)((1u << f.right) >> 1);
  f.away = f.right > 0 ? -1 : 0;
  return f;
}

OT_INLINE int32_t ot_rescale(int32_t x, ot_factor f) {
  int32_t t = ot_high_mul((int32_t)((uint32_t)x << f.left), f.multiplier);
  return (int32_t)((uint32_t)t + (uint32_t)f.half + (uint32_t)((t >> 31) & f.away)) >> f.right;
}

/* Rescale an accumulator to int8: add the output's zero point and saturate. */
OT_INLINE int8_t ot_requantise(int32_t accumulator, ot_factor f, int32_t zero) {
  return (int8_t)ot_saturate(ot_rescale(accumulator, f) + zero);
}

#endif
