/* Depthwise convolution in portable C; in place where each channel makes one channel and the output has no more pixels.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i*dilation - pad][x...][c / depth] * filter[c][j][i]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias, so padding counts as in_zero. Filters: for each output channel its
 * columns, each from top to bottom. Scratch: one input channel with its padding, column after column.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static void gather_plane(const int8_t *in, int8_t *plane, int32_t columns, int32_t length, const ot_depthwise *k) {
  OT_ROLLED
  for (int32_t x = -k->pad_left; x < columns - k->pad_left; x++) {
    OT_ROLLED
    for (int32_t y = -k->pad_top; y < length - k->pad_top; y++) {
      int32_t inside = x >= 0 && x < k->in_width && y >= 0 && y < k->in_height;
      *plane++ = inside ? in[(y * k->in_width + x) * k->in_channels] : k->in_zero;
    }
  }
}

static int32_t window(const int8_t *plane, const int8_t *w, int32_t length, int32_t sum, const ot_depthwise *k) {
  OT_ROLLED
  for (int32_t j = 0; j < k->kernel_width; j++, plane += k->dilation_width * length) {
    const int8_t *p = plane;
    OT_ROLLED
    for (int32_t i = 0; i < k->kernel_height; i++, p += k->dilation_height) {
      sum += *p * *w++;
    }
  }
  return sum;
}

void ot_depthwise_conv(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k) {
  int32_t columns = (k->out_width - 1) * k->stride_width + (k->kernel_width - 1) * k->dilation_width + 1;
  int32_t length = (k->out_height - 1) * k->stride_height + (k->kernel_height - 1) * k->dilation_height + 1;
  int32_t channels = k->in_channels * k->depth;
  const int8_t *plane = scratch;
  const int8_t *w = k->filters;
  OT_ROLLED
  for (int32_t c = 0; c < channels; c++, w += k->kernel_height * k->kernel_width) {
    int32_t multiplier = k->multiplier[c], shift = k->shift[c];
    int8_t *to = out + c;
    if (c % k->depth == 0) {
      gather_plane(in + c / k->depth, scratch, columns, length, k);
    }
    OT_ROLLED
    for (int32_t y = 0; y < k->out_height; y++) {
      OT_ROLLED
      for (int32_t x = 0; x < k->out_width; x++, to += channels) {
        const int8_t *from = plane + x * k->stride_width * length + y * k->stride_height;
        *to = ot_requantise(window(from, w, length, k->bias[c], k), multiplier, shift, k->out_zero);
      }
    }
  }
  ot_clamp(out, k->out_height * k->out_width * channels, k->low, k->high);
}
