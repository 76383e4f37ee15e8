/* Depthwise convolution in portable C; in place where each channel makes one channel and the output has no more pixels.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i*dilation - pad][x...][c / depth] * filter[c][j][i]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias, so padding counts as in_zero. Filters: for each output channel its
 * columns, each from top to bottom. Scratch: the place of each tap in the plane, as words; then the plane, which is one input
 * channel with its padding, column after column.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static int8_t *fill(int8_t *to, int8_t value, int32_t count) {
  OT_ROLLED
  for (; count > 0; count--) {
    *to++ = value;
  }
  return to;
}

static void gather_plane(const int8_t *in, int8_t *to, int32_t columns, int32_t length, const ot_depthwise *k) {
  int32_t step = k->in_width * k->in_channels;
  int32_t inside = length - k->pad_top < k->in_height ? length - k->pad_top : k->in_height;
  OT_ROLLED
  for (int32_t x = -k->pad_left; x < columns - k->pad_left; x++) {
    if (x < 0 || x >= k->in_width) {
      to = fill(to, k->in_zero, length);
      continue;
    }
    const int8_t *from = in + x * k->in_channels;
    to = fill(to, k->in_zero, k->pad_top);
#ifdef OT_HELIUM
    uint32x4_t apart = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)step);
    OT_ROLLED
    for (int32_t at = 0; at < inside; at += 4, from += 4 * step) {
      mve_pred16_t lanes = ot_words_left(inside - at);
      vstrbq_p_s32(to + at, vldrbq_gather_offset_z_s32(from, apart, lanes), lanes);
    }
    to += inside;
#else
    OT_ROLLED
    for (int8_t *end = to + inside; to != end; from += step) {
      *to++ = *from;
    }
#endif
    to = fill(to, k->in_zero, length - k->pad_top - inside);
  }
}

static void place_taps(ot_word *places, int32_t length, const ot_depthwise *k) {
  OT_ROLLED
  for (int32_t j = 0; j < k->kernel_width; j++) {
    OT_ROLLED
    for (int32_t i = 0; i < k->kernel_height; i++) {
      *places++ = j * k->dilation_width * length + i * k->dilation_height;
    }
  }
}

#ifdef OT_HELIUM

typedef struct {
  int32x4_t a, b, c, d;
} sixteen;

/* Four inputs, `apart` bytes from each other or, where that is 1, side by side. */
OT_INLINE int32x4_t four_inputs(const int8_t *from, uint32x4_t apart, int32_t down) {
  return down == 1 ? vldrbq_s32(from) : vldrbq_gather_offset_s32(from, apart);
}

/* Sums of windows below each other: sixteen, or the first four. */
OT_INLINE sixteen windows(const int8_t *from, int32_t down, int32_t many, const ot_word *places, const int8_t *w, int32_t taps, int32_t sum) {
  uint32x4_t apart = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)down);
  int32x4_t start = vdupq_n_s32(sum);
  sixteen s = {start, start, start, start};
  OT_ROLLED
  for (const int8_t *end = w + taps; w != end;) {
    const int8_t *x = from + *places++;
    int32_t weight = *w++;
    s.a = vmlaq_n_s32(s.a, four_inputs(x, apart, down), weight);
    if (many) {
      s.b = vmlaq_n_s32(s.b, four_inputs(x + 4 * down, apart, down), weight);
      s.c = vmlaq_n_s32(s.c, four_inputs(x + 8 * down, apart, down), weight);
      s.d = vmlaq_n_s32(s.d, four_inputs(x + 12 * down, apart, down), weight);
    }
  }
  return s;
}

/* How the sums of a channel become outputs, and how far below each other these lie. */
typedef struct {
  int32x4_t multiplier, shift;
  uint32x4_t apart;
  int32_t zero, step;
} finish;

OT_INLINE void store_four(int8_t *to, int32x4_t sum, int32_t left, const finish *f) {
  int32x4_t value = vaddq_n_s32(ot_rescale_four(sum, f->multiplier, f->shift), f->zero);
  value = vmaxq_s32(vminq_s32(value, vdupq_n_s32(127)), vdupq_n_s32(-128));
  vstrbq_scatter_offset_p_s32(to, f->apart, value, ot_words_left(left));
}

/* One column of outputs. What is read beyond the last window is thrown away: the scratch has room for it. */
OT_INLINE void column(const int8_t *from, int32_t down, const ot_word *places, const int8_t *w, int32_t taps, int32_t bias, int8_t *to,
                      int32_t height, const finish *f) {
  OT_ROLLED
  for (; height > 4; height -= 16, from += 16 * down, to += 16 * f->step) {
    sixteen s = windows(from, down, 1, places, w, taps, bias);
    store_four(to, s.a, height, f);
    store_four(to + 4 * f->step, s.b, height - 4, f);
    if (height > 8) {
      store_four(to + 8 * f->step, s.c, height - 8, f);
    }
    if (height > 12) {
      store_four(to + 12 * f->step, s.d, height - 12, f);
    }
  }
  if (height > 0) {
    store_four(to, windows(from, down, 0, places, w, taps, bias).a, height, f);
  }
}

/* All outputs of one channel. */
static void convolve(const int8_t *plane, const ot_word *places, int8_t *out, int32_t length, int32_t c, const ot_depthwise *k) {
  int32_t taps = k->kernel_height * k->kernel_width, pixel = k->in_channels * k->depth;
  int32_t width = k->out_width, height = k->out_height, down = k->stride_height, bias = k->bias[c], across = k->stride_width * length;
  uint32x4_t apart = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)(width * pixel));
  const finish f = {vdupq_n_s32(k->multiplier[c]), vdupq_n_s32(k->shift[c]), apart, k->out_zero, width * pixel};
  const int8_t *w = k->filters + c * taps;
  OT_ROLLED
  for (int32_t x = 0; x < width; x++, plane += across, out += pixel) {
    if (down == 1) {
      column(plane, 1, places, w, taps, bias, out, height, &f);
    } else {
      column(plane, down, places, w, taps, bias, out, height, &f);
    }
  }
}

/* The only pixel of an output, as streaming networks have it: four channels at a time, where they lie. */
static void convolve_pixel(const int8_t *in, int8_t *out, const ot_depthwise *k) {
  int32_t taps = k->kernel_height * k->kernel_width, channels = k->in_channels;
  uint32x4_t apart = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)taps);
  OT_ROLLED
  for (int32_t c = 0; c < channels; c += 4) {
    mve_pred16_t lanes = ot_words_left(channels - c);
    const int8_t *w = k->filters + c * taps;
    int32x4_t sum = vldrwq_z_s32(k->bias + c, lanes);
    OT_ROLLED
    for (int32_t j = k->kernel_width, x = -k->pad_left; j > 0; j--, x += k->dilation_width) {
      OT_ROLLED
      for (int32_t i = k->kernel_height, y = -k->pad_top; i > 0; i--, y += k->dilation_height, w++) {
        int32x4_t value = vdupq_n_s32(k->in_zero);
        if (x >= 0 && x < k->in_width && y >= 0 && y < k->in_height) {
          value = vldrbq_z_s32(in + (y * k->in_width + x) * channels + c, lanes);
        }
        sum = vaddq_s32(sum, vmulq_s32(value, vldrbq_gather_offset_z_s32(w, apart, lanes)));
      }
    }
    int32x4_t value = ot_rescale_four(sum, vldrwq_z_s32(k->multiplier + c, lanes), vldrbq_z_s32(k->shift + c, lanes));
    ot_store_four(out + c, vaddq_n_s32(value, k->out_zero), -128, 127, lanes);
  }
}

#else

OT_INLINE int32_t window(const int8_t *from, const ot_word *places, const int8_t *w, int32_t taps, int32_t sum) {
  OT_ROLLED
  for (const int8_t *end = w + taps; w != end;) {
    sum += from[*places++] * *w++;
  }
  return sum;
}

/* All outputs of one channel. */
static void convolve(const int8_t *plane, const ot_word *places, int8_t *out, int32_t length, int32_t c, const ot_depthwise *k) {
  int32_t taps = k->kernel_height * k->kernel_width, pixel = k->in_channels * k->depth;
  int32_t multiplier = k->multiplier[c], shift = k->shift[c], bias = k->bias[c], zero = k->out_zero;
  int32_t height = k->out_height, width = k->out_width, down = k->stride_height;
  const int8_t *w = k->filters + c * taps;
  OT_ROLLED
  for (int32_t x = 0; x < width; x++, plane += k->stride_width * length) {
    const int8_t *from = plane;
    int8_t *to = out + x * pixel;
    OT_ROLLED
    for (int32_t y = 0; y < height; y++, from += down, to += width * pixel) {
      *to = ot_requantise(window(from, places, w, taps, bias), multiplier, shift, zero);
    }
  }
}

#endif

void ot_depthwise_conv(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k) {
  int32_t columns = (k->out_width - 1) * k->stride_width + (k->kernel_width - 1) * k->dilation_width + 1;
  int32_t length = (k->out_height - 1) * k->stride_height + (k->kernel_height - 1) * k->dilation_height + 1;
  int32_t channels = k->in_channels * k->depth;
  int8_t *plane = (int8_t *)scratch + 4 * k->kernel_height * k->kernel_width;
#ifdef OT_HELIUM
  if (k->out_height == 1 && k->out_width == 1 && k->depth == 1) {
    convolve_pixel(in, out, k);
    ot_clamp(out, channels, k->low, k->high);
    return;
  }
#endif
  place_taps(scratch, length, k);
  OT_ROLLED
  for (int32_t c = 0, left = 0; c < channels; c++, left--) {
    if (left == 0) {
      gather_plane(in, plane, columns, length, k);
      in++;
      left = k->depth;
    }
    convolve(plane, scratch, out + c, length, c, k);
  }
  ot_clamp(out, k->out_height * k->out_width * channels, k->low, k->high);
}
