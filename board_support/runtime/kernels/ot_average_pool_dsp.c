/* Average pooling for cores with the DSP extension: as ot_average_pool, for channels in fours and windows of at most 255 values,
 * whose sums fit halfwords: one load and two additions take a value of four channels.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

/* Write the means of two channels, whose sums lie in halfwords and which are two apart. */
OT_SMALL static void write_means(int32_t sums, int8_t *out, int32_t count, const ot_pool *k) {
  OT_ROLLED
  for (int32_t i = 0; i < 2; i++, sums >>= 16) {
    int32_t sum = (int16_t)sums, half = sum > 0 ? count / 2 : -(count / 2);
    out[2 * i] = (int8_t)ot_limit((sum + half) / count, k->low, k->high);
  }
}

OT_SMALL static void pool_window(const int8_t *in, int8_t *out, int32_t height, int32_t width, const ot_pool *k) {
  int32_t channels = k->channels, row = (k->in_width - width) * channels;
  OT_ROLLED
  for (int8_t *end = out + channels; out != end; in += 4, out += 4) {
    const int8_t *from = in;
    int32_t even = 0, odd = 0;
    OT_ROLLED
    for (int32_t i = height; i > 0; i--, from += row) {
      OT_ROLLED
      for (const int8_t *last = from + width * channels; from != last; from += channels) {
        int32_t four = ot_load(from);
        even = ot_add_even_bytes(even, four);
        odd = ot_add_odd_bytes(odd, four);
      }
    }
    write_means(even, out, height * width, k);
    write_means(odd, out + 1, height * width, k);
  }
}

OT_SMALL void ot_average_pool_dsp(const int8_t *in, int8_t *out, const ot_pool *k) {
  OT_ROLLED
  for (int32_t oy = 0; oy < k->out_height; oy++) {
    int32_t y = oy * k->stride_height - k->pad_top;
    int32_t top = y > 0 ? y : 0, bottom = ot_limit(y + k->kernel_height, top, k->in_height);
    OT_ROLLED
    for (int32_t ox = 0; ox < k->out_width; ox++, out += k->channels) {
      int32_t x = ox * k->stride_width - k->pad_left;
      int32_t left = x > 0 ? x : 0, right = ot_limit(x + k->kernel_width, left, k->in_width);
      pool_window(in + (top * k->in_width + left) * k->channels, out, bottom - top, right - left, k);
    }
  }
}
