/* Max pooling, any window and padding: the largest value under the window that lies inside, clamped to the activation's range.
 *
 *   out = clamp(max in)      input and output share their quantisation
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#ifdef OT_HELIUM

static void pool_window(const int8_t *in, int8_t *out, int32_t height, int32_t width, const ot_pool *k) {
  int32_t row = k->in_width * k->channels;
  OT_ROLLED
  for (int32_t c = 0; c < k->channels; c += 16) {
    mve_pred16_t lanes = ot_bytes_left(k->channels - c);
    int8x16_t value = vdupq_n_s8(k->low);
    OT_ROLLED
    for (int32_t i = 0; i < height; i++) {
      const int8_t *from = in + i * row + c;
      OT_ROLLED
      for (int32_t j = width; j > 0; j--, from += k->channels) {
        value = vmaxq_s8(value, vldrbq_z_s8(from, lanes));
      }
    }
    vstrbq_p_s8(out + c, vminq_s8(value, vdupq_n_s8(k->high)), lanes);
  }
}

#else

static void pool_window(const int8_t *in, int8_t *out, int32_t height, int32_t width, const ot_pool *k) {
  int32_t row = k->in_width * k->channels;
  OT_ROLLED
  for (int32_t c = 0; c < k->channels; c++) {
    int32_t value = k->low;
    OT_ROLLED
    for (int32_t i = 0; i < height; i++) {
      const int8_t *from = in + i * row + c;
      OT_ROLLED
      for (int32_t j = width; j > 0; j--, from += k->channels) {
        value = *from > value ? *from : value;
      }
    }
    out[c] = (int8_t)ot_limit(value, k->low, k->high);
  }
}

#endif

void ot_max_pool(const int8_t *in, int8_t *out, const ot_pool *k) {
  OT_ROLLED
  for (int32_t oy = 0; oy < k->out_height; oy++) {
    int32_t y = oy * k->stride_height - k->pad_top;
    int32_t top = y > 0 ? y : 0;
    int32_t bottom = y + k->kernel_height < k->in_height ? y + k->kernel_height : k->in_height;
    OT_ROLLED
    for (int32_t ox = 0; ox < k->out_width; ox++, out += k->channels) {
      int32_t x = ox * k->stride_width - k->pad_left;
      int32_t left = x > 0 ? x : 0;
      int32_t right = x + k->kernel_width < k->in_width ? x + k->kernel_width : k->in_width;
      pool_window(in + (top * k->in_width + left) * k->channels, out, bottom - top, right - left, k);
    }
  }
}
