/* One phase of a transposed convolution, in portable C: the outputs whose row and column leave the same remainders by the strides.
 *
 *   out[y][x][c] = clamp(saturate(rescale(bias[c] + sum in[y + i - pad][x + j - pad][...] * filter[c][i][j][...]) + out_zero))
 *
 * The generator gives each phase the taps of the filter that meet it, turned round: what is left is a convolution with stride 1,
 * whose outputs lie `pixel_step` and `row_step` bytes apart. Zero points, filters and scratch as in ot_conv_2d.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_transpose_conv(const int8_t *in, int8_t *out, void *scratch, const ot_phase *k) {
  const ot_conv *w = &k->window;
  const ot_row row = {w->filters, w->bias, w->multiplier, w->shift, w->kernel_height * w->kernel_width * w->in_channels,
                      w->out_channels, w->out_zero};
  OT_ROLLED
  for (int32_t y = 0; y < w->out_height; y++, out += k->row_step) {
    int8_t *to = out;
    OT_ROLLED
    for (int32_t x = 0; x < w->out_width; x++, to += k->pixel_step) {
      ot_gather_window(in, scratch, y, x, 0, w);
      ot_row_product(scratch, to, &row);
      ot_clamp(to, w->out_channels, w->low, w->high);
    }
  }
}
