/* Depthwise 3 x 3 convolution without dilation for cores with the DSP extension; in place as ot_depthwise_conv.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i - pad][x*stride + j - pad][c / depth] * filter[c][j][i]) + out_zero)
 *
 * As ot_depthwise_conv_dsp, with the nine weights held in registers: filters and folding are the same.
 * Scratch: one input channel with its padding as halfwords, column after column, and one halfword more.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

OT_INLINE int32_t pair(int32_t low, int32_t high) { return (int32_t)(((uint32_t)low & 0xffffu) | ((uint32_t)high << 16)); }

OT_INLINE int32_t column(const ot_half *p, int32_t upper, int32_t lower, int32_t sum) {
  return ot_dual_mac(ot_load(p + 2), lower, ot_dual_mac(ot_load(p), upper, sum));
}

/* All outputs of one channel. */
static void convolve(const ot_half *plane, int8_t *out, int32_t length, int32_t c, const int8_t *w, const ot_depthwise *k) {
  int32_t upper0 = pair(w[0], w[1]), lower0 = pair(w[2], 0);
  int32_t upper1 = pair(w[3], w[4]), lower1 = pair(w[5], 0);
  int32_t upper2 = pair(w[6], w[7]), lower2 = pair(w[8], 0);
  int32_t channels = k->in_channels * k->depth, row = k->out_width * channels;
  ot_factor factor = ot_make_factor(k->multiplier[c], k->shift[c]);
  for (int32_t x = 0; x < k->out_width; x++, plane += k->stride_width * length) {
    const ot_half *p = plane;
    int8_t *to = out + x * channels;
    for (int32_t y = 0; y < k->out_height; y++, p += k->stride_height, to += row) {
      int32_t sum = column(p, upper0, lower0, k->bias[c]);
      sum = column(p + length, upper1, lower1, sum);
      sum = column(p + 2 * length, upper2, lower2, sum);
      *to = ot_requantise(sum, factor, k->out_zero);
    }
  }
}

void ot_depthwise_conv_3x3_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k) {
  int32_t columns = (k->out_width - 1) * k->stride_width + 3;
  int32_t length = (k->out_height - 1) * k->stride_height + 3;
  int32_t channels = k->in_channels * k->depth;
  for (int32_t c = 0; c < channels; c++) {
    if (c % k->depth == 0) {
      ot_gather_plane(in + c / k->depth, scratch, columns, length, k);
    }
    convolve(scratch, out + c, length, c, k->filters + 9 * c, k);
  }
  ot_clamp(out, k->out_height * k->out_width * channels, k->low, k->high);
}
