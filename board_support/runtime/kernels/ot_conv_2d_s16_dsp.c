/* 2-D convolution of int16 values with int8 filters, any window, stride, dilation and groups, for cores with the DSP extension.
 *
 *   out[y][x][c] = requantise(bias[c] + sum in[y*stride + i*dilation - pad][...][k] * filter[c][i][j][k])
 *
 * Zero points are 0. The window counts in bytes: it has two channels for each of the input's. Filters: one row of inputs (row,
 * column, channel) for each output channel, as ot_row_product_s16_dsp takes them. Scratch: a line of one window's inputs.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_conv_2d_s16_dsp(const void *in, void *out, void *scratch, const ot_conv_s16 *k) {
  const ot_conv *w = &k->window;
  ot_row_s16 row = k->row;
  OT_ROLLED
  for (int32_t group = 0; group < w->groups; group++) {
    ot_half *to = (ot_half *)out + group * row.outputs;
    OT_ROLLED
    for (int32_t y = 0; y < w->out_height; y++) {
      OT_ROLLED
      for (int32_t x = 0; x < w->out_width; x++, to += w->out_channels) {
        ot_gather_window(in, scratch, y, x, group, w);
        ot_row_product_s16_dsp(scratch, to, &row);
      }
    }
    row.filters += row.inputs * row.outputs;
    row.bias += row.outputs;
    row.multiplier += row.outputs;
    row.shift += row.outputs;
  }
}
