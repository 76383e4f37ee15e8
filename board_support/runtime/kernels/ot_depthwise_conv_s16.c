/* Depthwise convolution of int16 values with int8 filters, any window, stride, dilation and multiplier, in portable C.
 *
 *   out[y][x][c] = requantise(bias[c] + sum in[y*stride + i*dilation - pad][...][c / depth] * filter[i][j][c])
 *
 * Zero points are 0, so what lies outside the input is left out. Filters lie as in the .tflite. The sum has 64 bits; one row of the
 * window, of 256 columns at most, fits into 32.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

/* The part of a window's axis that lies inside: the taps from first up to, not with, end. */
typedef struct {
  int32_t first, end;
} ot_span;

static ot_span inside(int32_t start, int32_t size, int32_t taps, int32_t step) {
  ot_span span = {0, taps};
  while (span.first < taps && start + span.first * step < 0) {
    span.first++;
  }
  while (span.end > span.first && start + (span.end - 1) * step >= size) {
    span.end--;
  }
  return span;
}

typedef struct {
  const ot_half *from; /* the first value of the window that lies inside */
  const int8_t *filter; /* and its weight */
  int32_t rows, columns;
  int32_t row_step, column_step;
  int32_t filter_row, filter_column;
} ot_taps;

static int64_t window(const ot_taps *t, int64_t sum) {
  const ot_half *row = t->from;
  const int8_t *weights = t->filter;
  OT_ROLLED
  for (int32_t i = t->rows; i > 0; i--, row += t->row_step, weights += t->filter_row) {
    const ot_half *from = row;
    const int8_t *w = weights;
    int32_t part = 0;
    OT_ROLLED
    for (int32_t j = t->columns; j > 0; j--, from += t->column_step, w += t->filter_column) {
      part += *from * *w;
    }
    sum += part;
  }
  return sum;
}

static void pixel(const ot_half *in, ot_half *out, int32_t y, int32_t x, const ot_depthwise_s16 *k) {
  const ot_depthwise *w = &k->window;
  int32_t channels = w->in_channels * w->depth, line = w->in_width * w->in_channels;
  ot_span rows = inside(y, w->in_height, w->kernel_height, w->dilation_height);
  ot_span columns = inside(x, w->in_width, w->kernel_width, w->dilation_width);
  ot_taps taps = {in + (y + rows.first * w->dilation_height) * line + (x + columns.first * w->dilation_width) * w->in_channels,
                  k->row.filters + (rows.first * w->kernel_width + columns.first) * channels,
                  rows.end - rows.first,
                  columns.end - columns.first,
                  w->dilation_height * line,
                  w->dilation_width * w->in_channels,
                  w->kernel_width * channels,
                  channels};
  OT_ROLLED
  for (int32_t c = 0, left = w->depth; c < channels; c++, taps.filter++) {
    out[c] = ot_requantise_s16(window(&taps, k->row.bias[c]), c, &k->row);
    if (--left == 0) {
      taps.from++;
      left = w->depth;
    }
  }
}

void ot_depthwise_conv_s16(const void *in, void *out, const ot_depthwise_s16 *k) {
  const ot_depthwise *w = &k->window;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t y = 0; y < w->out_height; y++) {
    OT_ROLLED
    for (int32_t x = 0; x < w->out_width; x++, to += w->in_channels * w->depth) {
      pixel(in, to, y * w->stride_height - w->pad_top, x * w->stride_width - w->pad_left, k);
    }
  }
}
