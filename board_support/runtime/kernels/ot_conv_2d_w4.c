/* 2-D convolution with 4-bit filters, any window, stride, dilation and groups, in portable C.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i*dilation - pad][...][k] * filter[c][i][j][k]) + out_zero)
 *
 * As ot_conv_2d, with the filters of each group as ot_row_product_w4 takes them.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_conv_2d_w4(const int8_t *in, int8_t *out, void *scratch, const ot_conv *k) {
  int32_t channels = k->out_channels / k->groups;
  ot_row row = {k->filters, k->bias, k->multiplier, k->shift, k->kernel_height * k->kernel_width * (k->in_channels / k->groups),
                channels, k->out_zero};
  OT_ROLLED
  for (int32_t group = 0; group < k->groups; group++) {
    int8_t *to = out + group * channels;
    OT_ROLLED
    for (int32_t y = 0; y < k->out_height; y++) {
      OT_ROLLED
      for (int32_t x = 0; x < k->out_width; x++, to += k->out_channels) {
        ot_gather_window(in, scratch, y, x, group, k);
        ot_row_product_w4(scratch, to, &row);
      }
    }
    row.filters += row.inputs * ((channels + 1) / 2);
    row.bias += channels;
    row.multiplier += channels;
    row.shift += channels;
  }
  ot_clamp(out, k->out_height * k->out_width * k->out_channels, k->low, k->high);
}
