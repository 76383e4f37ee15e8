/* Depthwise 3 x 3 convolution for cores with the DSP extension, the fast way: vertical stride 1, one output channel for each input
 * channel; in place where the output is no larger than the input.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y + i - pad][x*stride + j - pad][c] * filter[c][j][i]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias, so padding counts as in_zero. Filters: for each channel its columns,
 * each from top to bottom. Two rows go together: the words (v0, v1), (v2, v3) of a column serve both.
 * Scratch: one channel with its padding as halfwords, column after column, each of an even length.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

/* What one channel's loops need. Columns of weights w0, w1, w2 are held doubled, as (w0, w1) and (w1, w2). */
typedef struct {
  int32_t weights[6];
  int32_t bias; /* doubled, like all sums */
  int32_t multiplier, offset, shift;
  int32_t row, pixel;     /* bytes from one output row, and column, to the next */
  int32_t width;          /* columns of the output */
  int32_t length, stride; /* bytes of a column of the plane, and from one window to the next */
  int32_t height;         /* rows of the output */
  int32_t linear;         /* negative sums are seen */
} ot_channel;

#if defined(__ARM_FEATURE_DSP) && !defined(OT_NO_ASM)

#include <stddef.h>

_Static_assert(offsetof(ot_channel, bias) == 24 && offsetof(ot_channel, pixel) == 44 && sizeof(ot_channel) == 68, "loaded in order");

/* Four rows of a column at p, for two outputs: upper = (w0, w1), lower = (w1, w2). */
#define COLUMN(p, upper, lower)               \
  "ldrd r9, r10, [" p "], #4\n"               \
  "smlad r11, r9, " upper ", r11\n"           \
  "smlatb r12, r9, " upper ", r12\n"          \
  "smlabt r11, r10, " lower ", r11\n"         \
  "smlad r12, r10, " lower ", r12\n"

/* Halves go upwards: offset = (2 * out_zero + 1) * 2^(n - 1) brings the zero point and the half at once. Behind a ReLU, whose zero
 * point is -128, that does for all; else a negative sum's offset is one less. */
#define RECTIFIED                    \
  "smmlar r11, r11, r9, r10\n"       \
  "smmlar r12, r12, r9, r10\n"
#define LINEAR                       \
  "add r10, r10, r11, asr #31\n"     \
  "smmlar r11, r11, r9, r10\n"       \
  "ldr r10, [sp, #8]\n"              \
  "add r10, r10, r12, asr #31\n"     \
  "smmlar r12, r12, r9, r10\n"

#define TWO_ROWS(rescale)                                                              \
  "ldr r11, [sp]\n"                                                                    \
  "mov r12, r11\n"                                                                     \
  COLUMN("r0", "r3", "r4") COLUMN("r1", "r5", "r6") COLUMN("r2", "r7", "r8")           \
  "ldrd r9, r10, [sp, #4]\n"                                                           \
  rescale                                                                              \
  "ldrd r9, r10, [sp, #12]\n"                                                          \
  "asr r11, r11, r9\n"                                                                 \
  "asr r12, r12, r9\n"                                                                 \
  "ssat r11, #8, r11, asr #1\n"                                                        \
  "ssat r12, #8, r12, asr #1\n"                                                        \
  "strb r12, [lr, r10]\n"                                                              \
  "strb r11, [lr]\n"                                                                   \
  "add lr, lr, r10, lsl #1\n"                                                          \
  "ldr r9, [sp, #48]\n"                                                                \
  "cmp r0, r9\n"

/* The last row of an odd height is computed with one below it, which it then overwrites.
 * The stack: 0 bias, 4 multiplier, offset, shift, 16 the loop's row, 20 pixel, 24 columns left, 28 length, stride, 36 height,
 * 40 column, 44 out, 48 and 52 the ends of pairs and of all, 56 row, 60 the loop. */
__attribute__((naked, noinline)) static void convolve_3x3(__attribute__((unused)) const ot_half *plane, __attribute__((unused)) int8_t *out,
                                                          __attribute__((unused)) const ot_channel *s) {
  __asm__ volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #68\n"
      "ldmia r2!, {r3-r8}\n"
      "ldmia r2!, {r9-r12, lr}\n"
      "stmia sp, {r9-r12}\n"
      "str lr, [sp, #56]\n"
      "ldmia r2!, {r9-r12, lr}\n"
      "strd r9, r10, [sp, #20]\n"
      "strd r11, r12, [sp, #28]\n"
      "str lr, [sp, #36]\n"
      "adr.w r9, 2f\n"
      "adr.w r10, 6f\n"
      "ldr r2, [r2]\n"
      "cmp r2, #0\n"
      "it ne\n"
      "movne r9, r10\n"
      "orr r9, r9, #1\n"
      "str r9, [sp, #60]\n"
      "1:\n" /* a column of outputs */
      "strd r0, r1, [sp, #40]\n"
      "mov lr, r1\n"
      "ldrd r11, r12, [sp, #28]\n"
      "add r1, r0, r11\n"
      "add r2, r1, r11\n"
      "ldr r9, [sp, #36]\n"
      "bic r10, r9, #1\n"
      "add r10, r0, r10, lsl #1\n"
      "and r9, r9, #1\n"
      "add r9, r10, r9, lsl #2\n"
      "strd r10, r9, [sp, #48]\n"
      "ldr r9, [sp, #56]\n"
      "str r9, [sp, #16]\n"
      "cmp r0, r10\n"
      "beq 3f\n"
      "ldr pc, [sp, #60]\n"
      "2:\n" TWO_ROWS(RECTIFIED)
      "bne 2b\n"
      "b 3f\n"
      "6:\n" TWO_ROWS(LINEAR)
      "bne 6b\n"
      "3:\n"
      "ldr r10, [sp, #52]\n"
      "cmp r0, r10\n"
      "beq 4f\n"
      "str r10, [sp, #48]\n"
      "movs r9, #0\n"
      "str r9, [sp, #16]\n"
      "ldr pc, [sp, #60]\n"
      "4:\n"
      "ldrd r0, r1, [sp, #40]\n"
      "ldrd r9, r10, [sp, #20]\n"
      "ldr r11, [sp, #32]\n"
      "add r0, r11\n"
      "add r1, r9\n"
      "subs r10, #1\n"
      "str r10, [sp, #24]\n"
      "bne 1b\n"
      "add sp, #68\n"
      "pop {r4-r11, pc}\n");
}

#else

static void convolve_3x3(const ot_half *plane, int8_t *out, const ot_channel *s) {
  for (int32_t x = 0; x < s->width; x++) {
    for (int32_t y = 0; y < s->height; y++) {
      const ot_half *p = plane + x * (s->stride / 2) + y;
      int32_t sum = s->bias;
      for (int32_t j = 0; j < 3; j++, p += s->length / 2) {
        sum = ot_mac_low_high(p[2], s->weights[2 * j + 1], ot_dual_mac(ot_load(p), s->weights[2 * j], sum));
      }
      int32_t offset = s->offset - (sum < 0 && s->linear);
      int32_t t = (int32_t)(((int64_t)sum * s->multiplier + 0x80000000) >> 32) + offset;
      out[x * s->pixel + y * s->row] = (int8_t)ot_saturate_half(t >> s->shift);
    }
  }
}

#endif

OT_INLINE int32_t pair(int32_t low, int32_t high) { return (int32_t)(((uint32_t)low & 0xffffu) | ((uint32_t)high << 16)); }

#if defined(__ARM_FEATURE_DSP) && !defined(OT_NO_ASM)

/* Copy every `step`th byte to pairs of halfwords, up to `end`. */
OT_INLINE const int8_t *gather_pairs(const int8_t *from, ot_half *to, const ot_half *end, int32_t step) {
  int32_t upper, lower;
  if (to != end) {
    __asm__ volatile(
        "1:\n"
        "ldrsb %[upper], [%[from]]\n"
        "ldrsb %[lower], [%[from], %[step]]\n"
        "add %[from], %[from], %[step], lsl #1\n"
        "pkhbt %[upper], %[upper], %[lower], lsl #16\n"
        "str %[upper], [%[to]], #4\n"
        "cmp %[to], %[end]\n"
        "bne 1b\n"
        : [from] "+r"(from), [to] "+r"(to), [upper] "=&r"(upper), [lower] "=&r"(lower)
        : [step] "r"(step), [end] "r"(end)
        : "cc", "memory");
  }
  return from;
}

#else

OT_INLINE const int8_t *gather_pairs(const int8_t *from, ot_half *to, const ot_half *end, int32_t step) {
  for (; to != end; to += 2, from += 2 * step) {
    ot_store(to, pair(from[0], from[step]));
  }
  return from;
}

#endif

/* Copy one channel into the plane, column after column. */
static void gather_channel(const int8_t *in, ot_half *to, int32_t columns, int32_t rows, int32_t channels, int32_t step, int32_t length) {
  OT_ROLLED
  for (; columns > 0; columns--, in += channels, to += length) {
    ot_half *end = to + (rows & ~1);
    const int8_t *from = gather_pairs(in, to, end, step);
    if (rows & 1) {
      *end = *from;
    }
  }
}

OT_SMALL static void load_channel(ot_channel *s, const int8_t *w, const int32_t *scale, int32_t zero) {
  OT_ROLLED
  for (int32_t j = 0; j < 3; j++, w += 3) {
    s->weights[2 * j] = pair(2 * w[0], 2 * w[1]);
    s->weights[2 * j + 1] = pair(2 * w[1], 2 * w[2]);
  }
  s->bias = 2 * ot_packed_bias(scale[0]);
  s->shift = scale[0] & 31;
  s->offset = (int32_t)((uint32_t)zero << s->shift);
  s->multiplier = (int32_t)((uint32_t)scale[1] >> 1);
}

OT_SMALL void ot_depthwise_conv_3x3_packed_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_packed_conv *k) {
  const ot_window *w = &k->window;
  int32_t channels = w->in_channels, length = (w->out_height + 3) & ~1, columns = (w->out_width - 1) * w->stride_width + 3;
  int32_t right = ot_limit(columns - w->pad_left, 0, w->in_width), down = ot_limit(length - w->pad_top, 0, w->in_height);
  ot_channel s; /* field by field: an initialiser would call memset */
  s.row = w->out_width * channels;
  s.pixel = channels;
  s.width = w->out_width;
  s.length = 2 * length;
  s.stride = 2 * length * w->stride_width;
  s.height = w->out_height;
  s.linear = k->out_zero != -128;
  ot_half *inside = (ot_half *)scratch + w->pad_left * length + w->pad_top;
  OT_ROLLED
  for (int32_t i = 0; i < columns * length / 2; i++) {
    ((ot_word *)scratch)[i] = pair(w->in_zero, w->in_zero);
  }
  OT_ROLLED
  for (int32_t c = 0; c < channels; c++) {
    gather_channel(in + c, inside, right, down, channels, w->in_width * channels, length);
    load_channel(&s, k->filters + 9 * c, k->scales + 2 * c, 2 * k->out_zero + 1);
    convolve_3x3(scratch, out + c, &s);
  }
  ot_clamp(out, w->out_height * w->out_width * channels, k->low, k->high);
}
