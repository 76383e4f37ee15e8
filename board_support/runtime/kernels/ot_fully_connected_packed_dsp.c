/* Fully connected layer for cores with the DSP extension, the fast way.
 *
 *   out[c] = saturate(rescale(bias[c] + sum_k in[k] * weights[c][k]) + out_zero)
 *
 * -in_zero * sum(weights) is folded into the bias. Four outputs go together as two pairs a, b, so the inputs are widened once for
 * four products. Their weights are packed as those of ot_tile_packed_dsp: for inputs 0, 2 of each quad the pair of the first two
 * outputs, then of the other two, then the same for inputs 1, 3; what is missing of the last quad is zeros. The second sum of a
 * pair is taken out after at most 508 inputs, when it may come near 2^23. The last one to three outputs have their weights row by
 * row, as in the .tflite.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

enum { MOST_QUADS = 127 };

/* The sums of four outputs a, b, c, d. */
typedef struct {
  int32_t a, b, c, d;
} ot_sums;

#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && !defined(OT_NO_ASM)

#define QUAD                                 \
  "ldr %[even], [%[in]], #4\n"               \
  "ldmia %[w]!, {r4, r5, r6, r8}\n"          \
  "sxtb16 %[odd], %[even], ror #8\n"         \
  "sxtb16 %[even], %[even]\n"                \
  "smlad %[ab], %[even], r4, %[ab]\n"        \
  "smlad %[cd], %[even], r5, %[cd]\n"        \
  "smlad %[ab], %[odd], r6, %[ab]\n"         \
  "smlad %[cd], %[odd], r8, %[cd]\n"         \
  "sxtb16 r4, r4\n"                          \
  "sxtb16 r5, r5\n"                          \
  "sxtb16 r6, r6\n"                          \
  "sxtb16 r8, r8\n"                          \
  "smlad %[a], %[even], r4, %[a]\n"          \
  "smlad %[c], %[even], r5, %[c]\n"          \
  "smlad %[a], %[odd], r6, %[a]\n"           \
  "smlad %[c], %[odd], r8, %[c]\n"

/* Sum quads; b is a + 256 * b, and d likewise. The loop of two is entered in its middle for an odd number. */
OT_INLINE ot_sums accumulate(const int8_t *in, const int8_t *w, int32_t quads) {
  const int8_t *end = in + 4 * quads;
  ot_sums s = {0, 0, 0, 0};
  int32_t even = quads, odd;
  __asm__ volatile(
      "tst %[even], #1\n"
      "bne 2f\n"
      "1:\n" QUAD "2:\n" QUAD
      "cmp %[in], %[end]\n"
      "bne 1b\n"
      : [a] "+r"(s.a), [c] "+r"(s.c), [ab] "+r"(s.b), [cd] "+r"(s.d), [in] "+r"(in), [w] "+r"(w), [even] "+r"(even), [odd] "=&r"(odd)
      : [end] "r"(end)
      : "r4", "r5", "r6", "r8", "cc", "memory");
  return s;
}

#else

OT_INLINE ot_sums accumulate(const int8_t *in, const int8_t *w, int32_t quads) {
  ot_sums s = {0, 0, 0, 0};
  OT_ROLLED
  for (const int8_t *end = in + 4 * quads; in != end; in += 4, w += 16) {
    int32_t even = ot_even_bytes(ot_load(in)), odd = ot_odd_bytes(ot_load(in));
    int32_t w0 = ot_load(w), w1 = ot_load(w + 4), w2 = ot_load(w + 8), w3 = ot_load(w + 12);
    s.b = ot_dual_mac(odd, w2, ot_dual_mac(even, w0, s.b));
    s.d = ot_dual_mac(odd, w3, ot_dual_mac(even, w1, s.d));
    s.a = ot_dual_mac(odd, ot_even_bytes(w2), ot_dual_mac(even, ot_even_bytes(w0), s.a));
    s.c = ot_dual_mac(odd, ot_even_bytes(w3), ot_dual_mac(even, ot_even_bytes(w1), s.c));
  }
  return s;
}

#endif

/* The second sum of a pair. */
OT_INLINE int32_t second(int32_t both, int32_t first) { return (int32_t)((uint32_t)both - (uint32_t)first) >> 8; }

/* All inputs times four outputs, what is missing of the last quad as zeros. */
static ot_sums four_outputs(const int8_t *in, const int8_t *w, int32_t inputs) {
  ot_sums sums = {0, 0, 0, 0};
  ot_word last;
  OT_ROLLED
  while (inputs > 0) {
    int32_t quads = inputs / 4 < MOST_QUADS ? inputs / 4 : MOST_QUADS;
    if (quads == 0) {
      last = 0;
      OT_ROLLED
      for (int32_t i = inputs; i > 0; i--) {
        last = (int32_t)((uint32_t)last << 8 | (uint8_t)in[i - 1]);
      }
      in = (const int8_t *)&last;
      quads = 1;
    }
    ot_sums s = accumulate(in, w, quads);
    sums.a += s.a;
    sums.b += second(s.b, s.a);
    sums.c += s.c;
    sums.d += second(s.d, s.c);
    in += 4 * quads;
    w += 16 * quads;
    inputs -= 4 * quads;
  }
  return sums;
}

OT_SMALL static int32_t one_output(const int8_t *in, const int8_t *w, int32_t inputs) {
  int32_t sum = 0;
  const int8_t *end = in + (inputs & ~3);
  OT_ROLLED
  for (; in != end; in += 4, w += 4) {
    int32_t four = ot_load(in), weights = ot_load(w);
    sum = ot_dual_mac(ot_odd_bytes(four), ot_odd_bytes(weights), ot_dual_mac(ot_even_bytes(four), ot_even_bytes(weights), sum));
  }
  OT_ROLLED
  for (end = in + (inputs & 3); in != end; in++) {
    sum += *in * *w++;
  }
  return sum;
}

void ot_fully_connected_packed_dsp(const int8_t *in, int8_t *out, const ot_packed_dense *k) {
  const int32_t inputs = k->inputs, step = k->step, zero = 2 * k->out_zero + 1;
  OT_ROLLED
  for (int32_t row = 0; row < k->rows; row++, in += inputs) {
    const int8_t *w = k->weights;
    const int32_t *bias = k->bias, *multiplier = k->multiplier;
    int32_t left = k->outputs;
    OT_ROLLED
    for (; left > 3; left -= 4, bias += 4, out += 4, multiplier += 4 * step, w += 4 * ((inputs + 3) & ~3)) {
      ot_sums s = four_outputs(in, w, inputs);
      out[0] = ot_requantise_packed(s.a, bias[0], multiplier[0], zero);
      out[1] = ot_requantise_packed(s.b, bias[1], multiplier[step], zero);
      out[2] = ot_requantise_packed(s.c, bias[2], multiplier[2 * step], zero);
      out[3] = ot_requantise_packed(s.d, bias[3], multiplier[3 * step], zero);
    }
    OT_ROLLED
    for (; left > 0; left--, multiplier += step, w += inputs) {
      *out++ = ot_requantise_packed(one_output(in, w, inputs), *bias++, *multiplier, zero);
    }
    ot_clamp(out - k->outputs, k->outputs, k->low, k->high);
  }
}
