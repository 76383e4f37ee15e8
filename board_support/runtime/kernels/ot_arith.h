/* Fixed-point arithmetic shared by the kernels, as TensorFlow Lite for Microcontrollers computes it.
 *
 * A real factor M > 0 is held as multiplier * 2^(shift - 31), 2^30 <= multiplier < 2^31. Rescaling rounds twice:
 *   t = round(x * 2^max(shift, 0) * multiplier / 2^31)   halves upwards      (SaturatingRoundingDoublingHighMul)
 *   y = round(t / 2^max(-shift, 0))                       halves from zero    (RoundingDivideByPOT)
 * On cores with the DSP extension single instructions do the work; elsewhere portable C gives the same bits. The kernels without
 * _dsp in their name hold a second body for Helium, the vector extension, which takes four sums or sixteen bytes at once.
 */
#ifndef OT_ARITH_H
#define OT_ARITH_H

#include <stdint.h>

#define OT_INLINE static inline __attribute__((always_inline))

OT_INLINE int32_t ot_limit(int32_t value, int32_t low, int32_t high) { return value < low ? low : value > high ? high : value; }

/* Before a loop: keep it as it stands. Unrolled by the compiler it would take flash and save little. */
#ifdef __clang__
#define OT_ROLLED _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define OT_ROLLED _Pragma("GCC unroll 1")
#endif

/* Before a function: make it small. Its time is spent elsewhere, or in loops that cannot be faster. */
#ifdef __clang__
#define OT_SMALL __attribute__((minsize))
#else
#define OT_SMALL __attribute__((optimize("Os", "no-tree-loop-distribute-patterns")))
#endif

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

/* sum + a.low * b.high */
OT_INLINE int32_t ot_mac_low_high(int32_t a, int32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlabt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* sum + a.high * b.low */
OT_INLINE int32_t ot_mac_high_low(int32_t a, int32_t b, int32_t sum) { return ot_mac_low_high(b, a, sum); }

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

/* Add bytes 0 and 2, signed, to the halfwords of a sum. */
OT_INLINE int32_t ot_add_even_bytes(int32_t sum, int32_t word) {
  int32_t result;
  __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(sum), "r"(word));
  return result;
}

/* Add bytes 1 and 3, signed, to the halfwords of a sum. */
OT_INLINE int32_t ot_add_odd_bytes(int32_t sum, int32_t word) {
  int32_t result;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(sum), "r"(word));
  return result;
}

/* Half of a value, saturated to int8. */
OT_INLINE int32_t ot_saturate_half(int32_t value) {
  int32_t result;
  __asm__("ssat %0, #8, %1, asr #1" : "=r"(result) : "r"(value));
  return result;
}

/* round(x * multiplier / 2^31): with 2 * multiplier = 2^32 + k this is x + round(x * k / 2^32), one instruction and no overflow. */
OT_INLINE int32_t ot_high_mul(int32_t x, int32_t multiplier) {
  int32_t result;
  __asm__("smmlar %0, %1, %2, %1" : "=r"(result) : "r"(x), "r"((int32_t)((uint32_t)multiplier << 1)));
  return result;
}

/* The same by a multiplier that is held doubled, as unsigned. */
OT_INLINE int32_t ot_high_mul_doubled(int32_t x, int32_t doubled) {
  int32_t result;
  __asm__("smmlar %0, %1, %2, %1" : "=r"(result) : "r"(x), "r"(doubled));
  return result;
}

#else

OT_INLINE int32_t ot_dual_mac(int32_t a, int32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)a * (int16_t)b) + (uint32_t)((a >> 16) * (b >> 16)));
}

OT_INLINE int32_t ot_mac_low_high(int32_t a, int32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)a * (b >> 16)));
}

OT_INLINE int32_t ot_mac_high_low(int32_t a, int32_t b, int32_t sum) { return ot_mac_low_high(b, a, sum); }

OT_INLINE int32_t ot_even_bytes(int32_t word) {
  return (int32_t)(((uint32_t)(int8_t)word & 0xffffu) | ((uint32_t)(int8_t)(word >> 16) << 16));
}

OT_INLINE int32_t ot_odd_bytes(int32_t word) { return ot_even_bytes((int32_t)((uint32_t)word >> 8)); }

OT_INLINE int32_t ot_add_even_bytes(int32_t sum, int32_t word) {
  uint32_t more = (uint32_t)ot_even_bytes(word), low = ((uint32_t)sum + more) & 0xffffu;
  return (int32_t)(low | ((((uint32_t)sum >> 16) + (more >> 16)) << 16));
}

OT_INLINE int32_t ot_add_odd_bytes(int32_t sum, int32_t word) { return ot_add_even_bytes(sum, (int32_t)((uint32_t)word >> 8)); }

OT_INLINE int32_t ot_saturate_half(int32_t value) { return value < -256 ? -128 : value > 255 ? 127 : value >> 1; }

OT_INLINE int32_t ot_high_mul(int32_t x, int32_t multiplier) {
  return (int32_t)(((int64_t)x * multiplier + (1 << 30)) >> 31);
}

OT_INLINE int32_t ot_high_mul_doubled(int32_t x, int32_t doubled) { return ot_high_mul(x, (int32_t)((uint32_t)doubled >> 1)); }

#endif

/* x * factor, rounded twice, for any factor. */
OT_INLINE int32_t ot_rescale(int32_t x, int32_t multiplier, int32_t shift) {
  int32_t left = shift > 0 ? shift : 0, right = left - shift;
  int32_t t = ot_high_mul((int32_t)((uint32_t)x << left), multiplier);
  int32_t half = (int32_t)((1u << right) >> 1), away = right > 0 ? t >> 31 : 0;
  return (int32_t)((uint32_t)t + (uint32_t)half + (uint32_t)away) >> right;
}

/* A factor below one half, unpacked for the inner loops: then the output's zero point and both roundings need few steps,
 * round(t / 2^n) + zero = (((t - (t < 0)) >> (n - 1)) + 2 * zero + 1) >> 1. */
typedef struct {
  int32_t multiplier;
  int32_t shift; /* n - 1 */
  int32_t zero;  /* 2 * zero + 1 */
} ot_factor;

OT_INLINE int32_t ot_is_small(int32_t shift) { return shift < 0; }

OT_INLINE ot_factor ot_small_factor(int32_t multiplier, int32_t shift, int32_t zero) {
  return (ot_factor){multiplier, -shift - 1, 2 * zero + 1};
}

/* Rescale an accumulator to int8 by a small factor, add the output's zero point and saturate. */
OT_INLINE int8_t ot_requantise_small(int32_t accumulator, ot_factor f) {
  int32_t t = ot_high_mul(accumulator, f.multiplier);
  return (int8_t)ot_saturate_half(((t + (t >> 31)) >> f.shift) + f.zero);
}

/* A channel of the packed kernels is two words: its bias * 256 + n - 1, and its multiplier doubled. Its factor is below one half. */
OT_INLINE int32_t ot_packed_bias(int32_t packed) { return packed >> 8; }

/* x >> packed, by the low byte alone */
OT_INLINE int32_t ot_packed_shift(int32_t x, int32_t packed) {
#if defined(__ARM_FEATURE_DSP)
  int32_t result;
  __asm__("asr %0, %1, %2" : "=r"(result) : "r"(x), "r"(packed));
  return result;
#else
  return x >> (packed & 255);
#endif
}

/* Add a packed channel's bias to a sum and rescale it; `zero` is twice the output's zero point, plus one. */
OT_INLINE int8_t ot_requantise_packed(int32_t sum, int32_t packed, int32_t doubled, int32_t zero) {
  int32_t t = ot_high_mul_doubled(sum + ot_packed_bias(packed), doubled);
  return (int8_t)ot_saturate_half(ot_packed_shift(t + (t >> 31), packed) + zero);
}

#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#define OT_HELIUM

/* ot_rescale of four sums, each by its own factor. */
OT_INLINE int32x4_t ot_rescale_four(int32x4_t x, int32x4_t multiplier, int32x4_t shift) {
  int32x4_t right = vminq_s32(shift, vdupq_n_s32(0)), left = vsubq_s32(shift, right);
  int32x4_t t = vqrdmulhq_s32(vshlq_s32(x, left), multiplier);
  int32x4_t away = vshrq_n_s32(vandq_s32(t, right), 31); /* -1 where both are negative */
  return vrshlq_s32(vaddq_s32(t, away), right);
}

/* Hold four values within bounds and store those of the chosen lanes as bytes. */
OT_INLINE void ot_store_four(int8_t *to, int32x4_t value, int32_t low, int32_t high, mve_pred16_t lanes) {
  vstrbq_p_s32(to, vmaxq_s32(vminq_s32(value, vdupq_n_s32(high)), vdupq_n_s32(low)), lanes);
}

/* The lanes of four words, or of sixteen bytes, that `left` values fill. */
OT_INLINE mve_pred16_t ot_words_left(int32_t left) { return vctp32q((uint32_t)left); }
OT_INLINE mve_pred16_t ot_bytes_left(int32_t left) { return vctp8q((uint32_t)left); }

/* Copy bytes and return the end of the copy. */
OT_INLINE int8_t *ot_copy_bytes(int8_t *to, const int8_t *from, int32_t count) {
  OT_ROLLED
  for (int32_t at = 0; at < count; at += 16) {
    mve_pred16_t lanes = ot_bytes_left(count - at);
    vstrbq_p_s8(to + at, vldrbq_z_s8(from + at, lanes), lanes);
  }
  return to + count;
}

/* Fill bytes with a value and return their end. */
OT_INLINE int8_t *ot_fill_bytes(int8_t *to, int8_t value, int32_t count) {
  OT_ROLLED
  for (int32_t at = 0; at < count; at += 16) {
    vstrbq_p_s8(to + at, vdupq_n_s8(value), ot_bytes_left(count - at));
  }
  return to + count;
}

#endif

/* The mean of `count` values, halves away from zero, as TFLM's average pooling rounds it. */
OT_INLINE int32_t ot_mean_of(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

/* As ot_rescale, for a multiplier that may be below 2^30. */
OT_INLINE int32_t ot_rescale_mean(int32_t x, int32_t multiplier, int32_t shift) {
  int32_t left = shift > 0 ? shift : 0, right = left - shift;
  int32_t t = (int32_t)(((int64_t)(int32_t)((uint32_t)x << left) * multiplier + (1 << 30)) >> 31);
  int32_t mask = (int32_t)((1u << right) - 1u);
  return (t >> right) + ((t & mask) > (mask >> 1) + (t < 0));
}

#endif
