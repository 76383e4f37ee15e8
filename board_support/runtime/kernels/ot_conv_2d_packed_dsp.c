/* 2-D convolution, any window, stride and vertical dilation, for cores with the DSP extension: the fast way.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i*dilation - pad][x*stride + j - pad][k] * filter[c][i][j][k]) + out_zero)
 *
 * The generator folds -in_zero * sum(filter) into the bias, so inputs enter as they are and padding counts as in_zero.
 * Filters as ot_tile_packed_dsp takes them, inputs in the order row, column, channel, filled with zeros to a multiple of four.
 * Scratch: a line of 4*quads bytes, then three unfolded columns of 8*quads bytes each.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static int8_t *copy(int8_t *to, const int8_t *from, int32_t count) {
  OT_ROLLED
  for (; count >= 4; count -= 4, to += 4, from += 4) {
    ot_store(to, ot_load(from));
  }
  OT_ROLLED
  for (; count > 0; count--) {
    *to++ = *from++;
  }
  return to;
}

static int8_t *fill(int8_t *to, int8_t value, int32_t count) {
  OT_ROLLED
  for (; count > 0; count--) {
    *to++ = value;
  }
  return to;
}

/* Copy the inputs of one window whose first place is (y, x) into a line; every row is cut at the same columns. */
static void gather_line(const int8_t *in, int8_t *to, int32_t y, int32_t x, const ot_window *k) {
  int32_t channels = k->in_channels, width = k->kernel_width;
  int32_t first = ot_limit(-x, 0, width), last = ot_limit(k->in_width - x, first, width);
  int32_t before = first * channels, inside = (last - first) * channels, after = (width - last) * channels;
  int8_t zero = (int8_t)k->in_zero;
  OT_ROLLED
  for (int32_t taps = k->kernel_height; taps > 0; taps--, y += k->dilation_height) {
    if ((uint32_t)y >= (uint32_t)k->in_height) {
      to = fill(to, zero, width * channels);
      continue;
    }
    to = fill(to, zero, before);
    to = copy(to, in + (y * k->in_width + x + first) * channels, inside);
    to = fill(to, zero, after);
  }
}

OT_SMALL void ot_conv_2d_packed_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_packed_conv *k) {
  const ot_window *w = &k->window;
  int32_t inputs = w->kernel_height * w->kernel_width * w->in_channels;
  int32_t left = w->out_height * w->out_width;
  const ot_packed_tile tile = {k->filters, k->scales, (inputs + 3) / 4, w->out_channels, 2 * k->out_zero + 1, w->out_channels};
  int8_t *line = scratch, *to = out;
  ot_word *columns = (ot_word *)scratch + tile.quads;
  int32_t held = 0;
  OT_ROLLED
  for (int32_t y = 0; y < w->out_height; y++) {
    OT_ROLLED
    for (int32_t x = 0; x < w->out_width; x++) {
      gather_line(in, line, y * w->stride_height - w->pad_top, x * w->stride_width - w->pad_left, w);
      ot_unfold(line, columns + held, inputs);
      if (++held == 3 || held == left) {
        ot_tile_packed_dsp(columns, to, held, &tile);
        to += held * w->out_channels;
        left -= held;
        held = 0;
      }
    }
  }
  ot_clamp(out, w->out_height * w->out_width * w->out_channels, k->low, k->high);
}
