/* Average pooling, any window and padding: the mean of the values under the window that lie inside, halves away from zero.
 *
 *   out = clamp((sum > 0 ? sum + count / 2 : sum - count / 2) / count)      input and output share their quantisation
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#ifdef OT_HELIUM

static void pool_window(const int8_t *in, int8_t *out, int32_t height, int32_t width, const ot_pool *k) {
  int32_t row = k->in_width * k->channels;
  OT_ROLLED
  for (int32_t c = 0; c < k->channels; c += 4) {
    mve_pred16_t lanes = ot_words_left(k->channels - c);
    int32x4_t sum = vdupq_n_s32(0);
    OT_ROLLED
    for (int32_t i = 0; i < height; i++) {
      const int8_t *from = in + i * row + c;
      OT_ROLLED
      for (int32_t j = width; j > 0; j--, from += k->channels) {
        sum = vaddq_s32(sum, vldrbq_z_s32(from, lanes));
      }
    }
    int32_t count = height * width;
    int32x4_t mean = {ot_mean_of(vgetq_lane_s32(sum, 0), count), ot_mean_of(vgetq_lane_s32(sum, 1), count),
                      ot_mean_of(vgetq_lane_s32(sum, 2), count), ot_mean_of(vgetq_lane_s32(sum, 3), count)};
    ot_store_four(out + c, mean, k->low, k->high, lanes);
  }
}

#else

static void pool_window(const int8_t *in, int8_t *out, int32_t height, int32_t width, const ot_pool *k) {
  int32_t row = k->in_width * k->channels;
  OT_ROLLED
  for (int32_t c = 0; c < k->channels; c++) {
    int32_t sum = 0;
    OT_ROLLED
    for (int32_t i = 0; i < height; i++) {
      const int8_t *from = in + i * row + c;
      OT_ROLLED
      for (int32_t j = width; j > 0; j--, from += k->channels) {
        sum += *from;
      }
    }
    int32_t value = ot_mean_of(sum, height * width);
    out[c] = (int8_t)ot_limit(value, k->low, k->high);
  }
}

#endif

void ot_average_pool(const int8_t *in, int8_t *out, const ot_pool *k) {
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
