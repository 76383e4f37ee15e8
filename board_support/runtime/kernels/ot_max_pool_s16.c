/* Max pooling of int16 values, any window and padding: the largest under the window that lies inside, clamped to the activation.
 *
 *   out = clamp(max in)      input and output share their quantisation
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static void pool_window(const ot_half *in, ot_half *out, int32_t height, int32_t width, const ot_pool_s16 *k) {
  int32_t row = k->in_width * k->channels;
  OT_ROLLED
  for (int32_t c = 0; c < k->channels; c++) {
    int32_t value = k->low;
    OT_ROLLED
    for (int32_t i = 0; i < height; i++) {
      const ot_half *from = in + i * row + c;
      OT_ROLLED
      for (int32_t j = width; j > 0; j--, from += k->channels) {
        value = *from > value ? *from : value;
      }
    }
    out[c] = (ot_half)ot_limit(value, k->low, k->high);
  }
}

void ot_max_pool_s16(const void *in, void *out, const ot_pool_s16 *k) {
  const ot_half *from = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t oy = 0; oy < k->out_height; oy++) {
    int32_t y = oy * k->stride_height - k->pad_top;
    int32_t top = y > 0 ? y : 0;
    int32_t bottom = y + k->kernel_height < k->in_height ? y + k->kernel_height : k->in_height;
    OT_ROLLED
    for (int32_t ox = 0; ox < k->out_width; ox++, to += k->channels) {
      int32_t x = ox * k->stride_width - k->pad_left;
      int32_t left = x > 0 ? x : 0;
      int32_t right = x + k->kernel_width < k->in_width ? x + k->kernel_width : k->in_width;
      pool_window(from + (top * k->in_width + left) * k->channels, to, bottom - top, right - left, k);
    }
  }
}
