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
    OT_ROLLED
    for (int8_t *end = to + inside; to != end; from += step) {
      *to++ = *from;
    }
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

void ot_depthwise_conv(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k) {
  int32_t columns = (k->out_width - 1) * k->stride_width + (k->kernel_width - 1) * k->dilation_width + 1;
  int32_t length = (k->out_height - 1) * k->stride_height + (k->kernel_height - 1) * k->dilation_height + 1;
  int32_t channels = k->in_channels * k->depth;
  int8_t *plane = (int8_t *)scratch + 4 * k->kernel_height * k->kernel_width;
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
