/* Softmax over the columns of each row; in place. The output's scale is 1/256, its zero point -128.
 *
 *   e[i] = exp(round((in[i] - max) * 2^shift * multiplier / 2^31))       Q0.31 of Q5.26; 0 beyond `farthest`
 *   sum  = sum of round(e[i] / 2^12)                                     Q12.19
 *   out  = saturate(round(e[i] * reciprocal(sum) / 2^n) - 128)
 *
 * The exponential is gemmlowp's: a Taylor polynomial around -1/8 for the part below 1/4, and a factor for each higher bit. The
 * reciprocal takes three Newton-Raphson steps from 48/17 - 32/17 x in Q2.29 (gemmlowp's one_over_one_plus_x).
 */
#include "ot_arith.h"
#include "ot_kernels.h"

/* round(x / 2^bits), halves away from zero */
OT_SMALL static int32_t divide_by_power(int32_t x, int32_t bits) {
  int32_t mask = (int32_t)((1u << bits) - 1u);
  int32_t threshold = (mask >> 1) + (x < 0);
  return (x >> bits) + ((x & mask) > threshold);
}

/* x * 2^bits, saturated */
OT_SMALL static int32_t saturating_shift(int32_t x, int32_t bits) {
  int32_t limit = INT32_MAX >> bits;
  return x > limit ? INT32_MAX : x < -limit - 1 ? INT32_MIN : x * (1 << bits);
}

/* round(a * b / 2^31) */
OT_SMALL static int32_t high_mul(int32_t a, int32_t b) { return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31); }

OT_SMALL static int32_t leading_zeros(uint32_t x) {
  int32_t count = 0;
  OT_ROLLED
  for (; (x & 0x80000000u) == 0; x <<= 1) {
    count++;
  }
  return count;
}

/* 1 / (1 + x) for x in [0, 1), Q0.31 */
OT_SMALL static int32_t reciprocal(int32_t x) {
  int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t z = 1515870810 + high_mul(half, -1010580540);
  OT_ROLLED
  for (int32_t i = 0; i < 3; i++) {
    int32_t rest = (1 << 29) - high_mul(half, z);
    z += saturating_shift(high_mul(z, rest), 2);
  }
  return saturating_shift(z, 1);
}

/* exp(x) for x <= 0 in Q5.26, Q0.31 */
OT_SMALL static int32_t exponential(int32_t x) {
  static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242}; /* exp(-1/4), exp(-1/2) ... */
  const int32_t quarter = 1 << 24, minus_eighth = 1895147668;
  if (x == 0) {
    return INT32_MAX;
  }
  int32_t part = (x & (quarter - 1)) - quarter;
  int32_t a = part * 32 + (1 << 28);
  int32_t square = high_mul(a, a);
  int32_t tail = divide_by_power(high_mul(square, square), 2) + high_mul(square, a);
  tail = divide_by_power(high_mul(tail, 715827883) + square, 1);
  int32_t result = minus_eighth + high_mul(minus_eighth, a + tail);
  uint32_t rest = (uint32_t)(part - x) >> 24;
  OT_ROLLED
  for (int32_t i = 0; i < 7; i++) {
    if (rest >> i & 1) {
      result = high_mul(result, factors[i]);
    }
  }
  return result;
}

OT_SMALL static int32_t exponential_of(int32_t below, const ot_softness *k) {
  return below > k->farthest ? 0 : exponential(high_mul(-(below << k->shift), k->multiplier));
}

OT_SMALL static void softmax_row(const int8_t *in, int8_t *out, const ot_softness *k) {
  int32_t most = -128;
  int32_t sum = 0;
  OT_ROLLED
  for (int32_t i = 0; i < k->columns; i++) {
    most = in[i] > most ? in[i] : most;
  }
  OT_ROLLED
  for (int32_t i = 0; i < k->columns; i++) {
    sum += divide_by_power(exponential_of(most - in[i], k), 12);
  }
  int32_t zeros = leading_zeros((uint32_t)sum);
  int32_t scale = reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
  OT_ROLLED
  for (int32_t i = 0; i < k->columns; i++) {
    int32_t value = high_mul(scale, exponential_of(most - in[i], k));
    out[i] = (int8_t)ot_limit(divide_by_power(value, 12 - zeros + 31 - 8) - 128, -128, 127);
  }
}

OT_SMALL void ot_softmax(const int8_t *in, int8_t *out, const ot_softness *k) {
  OT_ROLLED
  for (int32_t rows = k->rows; rows > 0; rows--, in += k->columns, out += k->columns) {
    softmax_row(in, out, k);
  }
}
