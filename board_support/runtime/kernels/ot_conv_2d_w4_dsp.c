/* 2-D convolution with 4-bit filters, any window, stride, dilation and groups, for cores with the DSP extension.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i*dilation - pad][...][k] * filter[c][i][j][k]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias, so inputs enter as they are and padding counts as in_zero.
 * Filters: group after group as ot_tile_w4_dsp takes them, inputs in the order row, column, channel, filled with zeros to a
 * multiple of four. Scratch: a line of 4*quads bytes, then three unfolded columns of 8*quads bytes each.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_conv_2d_w4_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_conv *k) {
  int32_t inputs = k->kernel_height * k->kernel_width * (k->in_channels / k->groups);
  int32_t channels = k->out_channels / k->groups;
  int32_t pixels = k->out_height * k->out_width;
  ot_tile tile = {k->filters, k->bias, k->multiplier, k->shift, (inputs + 3) / 4, channels, k->out_zero, k->out_channels};
  int8_t *line = scratch;
  ot_word *columns = (ot_word *)scratch + tile.quads;
  OT_ROLLED
  for (int32_t group = 0; group < k->groups; group++) {
    int8_t *to = out + group * channels;
    int32_t held = 0, left = pixels;
    OT_ROLLED
    for (int32_t y = 0; y < k->out_height; y++) {
      OT_ROLLED
      for (int32_t x = 0; x < k->out_width; x++) {
        ot_gather_window(in, line, y, x, group, k);
        ot_unfold(line, columns + held, inputs);
        if (++held == 3 || held == left) {
          ot_tile_w4_dsp(columns, to, held, &tile);
          to += held * k->out_channels;
          left -= held;
          held = 0;
        }
      }
    }
    tile.filters += 4 * tile.quads * ((channels + 1) / 2);
    tile.bias += channels;
    tile.multiplier += channels;
    tile.shift += channels;
  }
  ot_clamp(out, pixels * k->out_channels, k->low, k->high);
}
