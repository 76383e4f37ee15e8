/* One phase of a transposed convolution for cores with the DSP extension: the outputs whose row and column leave the same
 * remainders by the strides.
 *
 *   out[y][x][c] = clamp(saturate(rescale(bias[c] + sum in[y + i - pad][x + j - pad][...] * filter[c][i][j][...]) + out_zero))
 *
 * The generator gives each phase the taps of the filter that meet it, turned round: what is left is a convolution with stride 1,
 * whose outputs lie `pixel_step` and `row_step` bytes apart. Zero points, filters and scratch as in ot_conv_2d_dsp.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_transpose_conv_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_phase *k) {
  const ot_conv *w = &k->window;
  int32_t inputs = w->kernel_height * w->kernel_width * w->in_channels;
  const ot_tile tile = {w->filters,      w->bias,     w->multiplier,  w->shift, (inputs + 3) / 4,
                        w->out_channels, w->out_zero, k->pixel_step};
  int8_t *line = scratch;
  ot_word *columns = (ot_word *)scratch + tile.quads;
  OT_ROLLED
  for (int32_t y = 0; y < w->out_height; y++, out += k->row_step) {
    int8_t *to = out;
    OT_ROLLED
    for (int32_t x = 0; x < w->out_width; x += 3) {
      int32_t held = w->out_width - x < 3 ? w->out_width - x : 3;
      OT_ROLLED
      for (int32_t p = 0; p < held; p++) {
        ot_gather_window(in, line, y, x + p, 0, w);
        ot_unfold(line, columns + p, inputs);
      }
      ot_tile_dsp(columns, to, held, &tile);
      OT_ROLLED
      for (; held > 0; held--, to += k->pixel_step) {
        ot_clamp(to, w->out_channels, w->low, w->high);
      }
    }
  }
}
