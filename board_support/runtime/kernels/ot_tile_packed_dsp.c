/* Up to three pixels times many filters: the inner loop of the convolutions on cores with the DSP extension.
 *
 *   out[p][c] = saturate(rescale(bias[c] + sum_k in[p][k] * filter[c][k]) + out_zero)
 *
 * `columns` holds three pixels as ot_unfold lays them down. Filters come in pairs of channels a, b, byte by byte: for inputs
 * 0, 2, 1, 3 of each quad the two channels' weights, an odd last channel with zeros. Taken as a halfword, such a pair is
 * a + 256 * b (the generator lowers b by one where a is negative), so one product serves both channels: summing the halfwords
 * gives S = A + 256 * B, summing their low bytes gives A, and B = (S - A) / 256 while |B| < 2^23, which the generator sees to.
 * That spares half of the widening. Pixels beyond `pixels` are computed and overwritten.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#if defined(__ARM_FEATURE_DSP) && !defined(OT_NO_ASM)

#include <stddef.h>

_Static_assert(offsetof(ot_packed_tile, filters) == 0 && offsetof(ot_packed_tile, scales) == 4 && offsetof(ot_packed_tile, quads) == 8, "loaded in one");
_Static_assert(offsetof(ot_packed_tile, channels) == 12 && offsetof(ot_packed_tile, zero) == 16 && offsetof(ot_packed_tile, out_step) == 20, "loaded in one");

/* Two inputs of three pixels, times the pair of channels in the word w: r2-r4 sum A, r5-r7 sum S. */
#define HALF_QUAD(w)            \
  "ldmia r0!, {r8, r9, r10}\n"  \
  "smlad r5, r8, " w ", r5\n"   \
  "smlad r6, r9, " w ", r6\n"   \
  "smlad r7, r10, " w ", r7\n"  \
  "sxtb16 " w ", " w "\n"       \
  "smlad r2, r8, " w ", r2\n"   \
  "smlad r3, r9, " w ", r3\n"   \
  "smlad r4, r10, " w ", r4\n"
#define QUAD "ldrd r11, r12, [r1], #8\n" HALF_QUAD("r11") HALF_QUAD("r12")

/* Rescale a sum by the multiplier m and the shift n, add the zero point in r0 and saturate. */
#define REQUANTISE(sum, m, n)                     \
  "smmlar " sum ", " sum ", " m ", " sum "\n"     \
  "add " sum ", " sum ", " sum ", asr #31\n"      \
  "asr " sum ", " sum ", " n "\n"                 \
  "add " sum ", " sum ", r0\n"                    \
  "ssat " sum ", #8, " sum ", asr #1\n"

/* The loop over quads is entered so that whole turns of four remain; QUAD is 68 bytes. A shift takes the low byte of its register.
 * The stack: 0 columns, 4 bytes of a pair, 8 out, 12 channels left, 16 and 20 bytes to the second and third pixel, 24 scales, 28 zero,
 * 32 the way into the loop. */
__attribute__((naked)) void ot_tile_packed_dsp(__attribute__((unused)) const void *columns, __attribute__((unused)) int8_t *out,
                                               __attribute__((unused)) int32_t pixels, __attribute__((unused)) const ot_packed_tile *t) {
  __asm__ volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #36\n"
      "ldmia r3, {r4-r9}\n"
      "rsb r10, r6, #0\n"
      "and r10, r10, #3\n"
      "mov r11, #68\n"
      "adr.w r12, 2f\n"
      "mla r12, r10, r11, r12\n"
      "orr r12, r12, #1\n"
      "strd r8, r12, [sp, #28]\n"
      "lsl r6, r6, #3\n"
      "strd r0, r6, [sp]\n"
      "strd r1, r7, [sp, #8]\n"
      "str r5, [sp, #24]\n"
      "movs r10, #0\n"
      "movs r11, #0\n"
      "cmp r2, #2\n"
      "it ge\n"
      "movge r10, r9\n"
      "it gt\n"
      "lslgt r11, r9, #1\n"
      "strd r10, r11, [sp, #16]\n"
      "mov r1, r4\n"
      "1:\n" /* a pair of channels */
      "ldr r0, [sp, #24]\n"
      "ldr r2, [r0]\n"
      "ldrd r0, lr, [sp]\n"
      "asrs r2, r2, #8\n"
      "mov r3, r2\n"
      "mov r4, r2\n"
      "mov r5, r2\n"
      "mov r6, r2\n"
      "mov r7, r2\n"
      "add lr, r1\n"
      "ldr pc, [sp, #32]\n"
      "2:\n" QUAD QUAD QUAD QUAD
      "cmp r1, lr\n"
      "bne 2b\n"
      "ldr r12, [sp, #24]\n"
      "ldmia r12!, {r8-r11}\n" /* a: bias and shift, multiplier; b: the same */
      "str r12, [sp, #24]\n"
      "subs r5, r5, r2\n"
      "subs r6, r6, r3\n"
      "subs r7, r7, r4\n"
      "asr r12, r10, #8\n"
      "add r5, r12, r5, asr #8\n"
      "add r6, r12, r6, asr #8\n"
      "add r7, r12, r7, asr #8\n"
      "ldr r0, [sp, #28]\n"
      REQUANTISE("r2", "r9", "r8") REQUANTISE("r3", "r9", "r8") REQUANTISE("r4", "r9", "r8")
      REQUANTISE("r5", "r11", "r10") REQUANTISE("r6", "r11", "r10") REQUANTISE("r7", "r11", "r10")
      "ldrd r0, r10, [sp, #8]\n"
      "ldrd r8, r9, [sp, #16]\n"
      "subs r10, #2\n"
      "bmi 4f\n" /* the second channel is not there */
      "bfi r2, r5, #8, #8\n"
      "bfi r3, r6, #8, #8\n"
      "bfi r4, r7, #8, #8\n"
      "strh r4, [r0, r9]\n"
      "strh r3, [r0, r8]\n"
      "strh r2, [r0], #2\n"
      "strd r0, r10, [sp, #8]\n"
      "bne 1b\n"
      "b 5f\n"
      "4:\n"
      "strb r4, [r0, r9]\n"
      "strb r3, [r0, r8]\n"
      "strb r2, [r0]\n"
      "5:\n"
      "add sp, #36\n"
      "pop {r4-r11, pc}\n");
}

#else

/* A quad of three pixels, times the pair of channels in two words of weights: sums 0-2 are A, 3-5 are S. */
static void quad(const ot_word *a, const int8_t *w, int32_t sums[6]) {
  OT_ROLLED
  for (int32_t half = 0; half < 2; half++, w += 4, a += 3) {
    int32_t both = ot_load(w);
    OT_ROLLED
    for (int32_t p = 0; p < 3; p++) {
      sums[p] = ot_dual_mac(a[p], ot_even_bytes(both), sums[p]);
      sums[3 + p] = ot_dual_mac(a[p], both, sums[3 + p]);
    }
  }
}

void ot_tile_packed_dsp(const void *columns, int8_t *out, int32_t pixels, const ot_packed_tile *t) {
  const int8_t *w = t->filters;
  const int32_t *scales = t->scales;
  for (int32_t c = 0; c < t->channels; c += 2, scales += 4) {
    const ot_word *a = columns;
    int32_t sums[6] = {0};
    for (int32_t i = 0; i < t->quads; i++, w += 8, a += 6) {
      quad(a, w, sums);
    }
    for (int32_t p = 0; p < pixels; p++) {
      int8_t *to = out + p * t->out_step + c;
      to[0] = ot_requantise_packed(sums[p], scales[0], scales[1], t->zero);
      if (c + 1 < t->channels) {
        int32_t second = (int32_t)((uint32_t)sums[3 + p] - (uint32_t)sums[p]) >> 8;
        to[1] = ot_requantise_packed(second, scales[2], scales[3], t->zero);
      }
    }
  }
}

#endif
