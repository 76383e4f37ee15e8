/* Depthwise convolution, vertical dilation 1, for cores with the DSP extension; in place as ot_depthwise_conv.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i - pad][x...][c / depth] * filter[c][j][i]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias, so padding counts as in_zero. Filters: for each output channel its
 * columns, each from top to bottom. Two rows of a column make one dual multiply-accumulate.
 * Scratch: the filter's columns as halfwords, filled with zeros to an even length; then one input channel with its padding
 * as halfwords, column after column, and one halfword more.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static void widen_filter(const int8_t *from, ot_half *to, const ot_depthwise *k) {
  OT_ROLLED
  for (int32_t j = 0; j < k->kernel_width; j++) {
    OT_ROLLED
    for (int32_t i = 0; i < k->kernel_height; i++) {
      *to++ = *from++;
    }
    if (k->kernel_height & 1) {
      *to++ = 0;
    }
  }
}

OT_INLINE int32_t window(const ot_half *column, const ot_word *w, int32_t pairs, int32_t step, int32_t width, int32_t sum) {
  OT_ROLLED
  for (; width > 0; width--, column += step) {
    const ot_half *p = column;
    OT_ROLLED
    for (const ot_word *end = w + pairs; w != end; p += 2) {
      sum = ot_dual_mac(ot_load(p), *w++, sum);
    }
  }
  return sum;
}

void ot_depthwise_conv_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k) {
  int32_t columns = (k->out_width - 1) * k->stride_width + (k->kernel_width - 1) * k->dilation_width + 1;
  int32_t length = (k->out_height - 1) * k->stride_height + k->kernel_height;
  int32_t channels = k->in_channels * k->depth, pairs = (k->kernel_height + 1) / 2;
  const ot_word *filter = scratch;
  ot_half *plane = (ot_half *)scratch + 2 * pairs * k->kernel_width;
  const int8_t *w = k->filters;
  OT_ROLLED
  for (int32_t c = 0; c < channels; c++, w += k->kernel_height * k->kernel_width) {
    int32_t multiplier = k->multiplier[c], shift = k->shift[c];
    if (c % k->depth == 0) {
      ot_gather_plane(in + c / k->depth, plane, columns, length, k);
    }
    widen_filter(w, scratch, k);
    OT_ROLLED
    for (int32_t x = 0; x < k->out_width; x++) {
      const ot_half *from = plane + x * k->stride_width * length;
      int8_t *to = out + x * channels + c;
      OT_ROLLED
      for (int32_t y = 0; y < k->out_height; y++, from += k->stride_height, to += k->out_width * channels) {
        int32_t sum = window(from, filter, pairs, k->dilation_width * length, k->kernel_width, k->bias[c]);
        *to = ot_requantise(sum, multiplier, shift, k->out_zero);
      }
    }
  }
  ot_clamp(out, k->out_height * k->out_width * channels, k->low, k->high);
}
