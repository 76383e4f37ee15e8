/* Depthwise 3 x 3 convolution without dilation for cores with the DSP extension; in place as ot_depthwise_conv.
 *
 *   out[y][x][c] = saturate(rescale(bias[c] + sum in[y*stride + i - pad][x*stride + j - pad][c / depth] * filter[c][j][i]) + out_zero)
 *
 * As ot_depthwise_conv_dsp, with the nine weights held in registers: filters and folding are the same.
 * Scratch: one input channel with its padding as halfwords, column after column, and one halfword more.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

OT_INLINE int32_t pair(int32_t low, int32_t high) { return (int32_t)(((uint32_t)low & 0xffffu) | ((uint32_t)high << 16)); }

/* Column sums: the weights w0, w1, w2 are held as (w0, w1) and (w1, w2). */
OT_INLINE int32_t one(const ot_half *p, int32_t upper, int32_t lower, int32_t sum) {
  return ot_mac_low_high(ot_load(p + 2), lower, ot_dual_mac(ot_load(p), upper, sum));
}

/* The sum one row further down, from the same words. */
OT_INLINE int32_t next(const ot_half *p, int32_t upper, int32_t lower, int32_t sum) {
  return ot_dual_mac(ot_load(p + 2), lower, ot_mac_high_low(ot_load(p), upper, sum));
}

/* What one channel's loops need. */
typedef struct {
  const ot_half *plane;
  int8_t *out;
  int32_t length, x_step, y_step; /* in the plane */
  int32_t width, height, pixel;   /* of the output; bytes from pixel to pixel */
  int32_t bias, multiplier, shift, zero;
} ot_channel;

/* All outputs of one channel. At compile time: `small` says which way of rescaling, `pairs` whether two rows go together. */
OT_INLINE void convolve(const ot_channel s, const int8_t *w, int32_t small, int32_t pairs) {
  const int32_t upper0 = pair(w[0], w[1]), lower0 = pair(w[1], w[2]);
  const int32_t upper1 = pair(w[3], w[4]), lower1 = pair(w[4], w[5]);
  const int32_t upper2 = pair(w[6], w[7]), lower2 = pair(w[7], w[8]);
  const ot_factor factor = ot_small_factor(s.multiplier, s.shift, s.zero);
  const int32_t row = s.width * s.pixel;
  OT_ROLLED
  for (int32_t x = 0; x < s.width; x++) {
    const ot_half *p = s.plane + x * s.x_step;
    int8_t *to = s.out + x * s.pixel;
    int32_t left = s.height;
    if (pairs) {
      OT_ROLLED
      for (; left > 1; left -= 2, p += 2, to += 2 * row) {
        const ot_half *p1 = p + s.length, *p2 = p1 + s.length;
        int32_t sum = one(p2, upper2, lower2, one(p1, upper1, lower1, one(p, upper0, lower0, s.bias)));
        int32_t below = next(p2, upper2, lower2, next(p1, upper1, lower1, next(p, upper0, lower0, s.bias)));
        to[0] = ot_requantise_small(sum, factor);
        to[row] = ot_requantise_small(below, factor);
      }
    }
    OT_ROLLED
    for (; left > 0; left--, p += s.y_step, to += row) {
      const ot_half *p1 = p + s.length, *p2 = p1 + s.length;
      int32_t sum = one(p2, upper2, lower2, one(p1, upper1, lower1, one(p, upper0, lower0, s.bias)));
      *to = small ? ot_requantise_small(sum, factor) : ot_requantise(sum, s.multiplier, s.shift, s.zero);
    }
  }
}

static void convolve_pairs(const ot_channel *s, const int8_t *w) { convolve(*s, w, 1, 1); }

static void convolve_single(const ot_channel *s, const int8_t *w) { convolve(*s, w, 1, 0); }

static void convolve_any(const ot_channel *s, const int8_t *w) { convolve(*s, w, 0, 0); }

void ot_depthwise_conv_3x3_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k) {
  int32_t columns = (k->out_width - 1) * k->stride_width + 3;
  int32_t length = (k->out_height - 1) * k->stride_height + 3;
  int32_t channels = k->in_channels * k->depth;
  ot_channel s = {.plane = scratch,
                  .length = length,
                  .x_step = k->stride_width * length,
                  .y_step = k->stride_height,
                  .width = k->out_width,
                  .height = k->out_height,
                  .pixel = channels,
                  .zero = k->out_zero};
  OT_ROLLED
  for (int32_t c = 0; c < channels; c++) {
    if (c % k->depth == 0) {
      ot_gather_plane(in + c / k->depth, scratch, columns, length, k);
    }
    s.out = out + c;
    s.bias = k->bias[c];
    s.multiplier = k->multiplier[c];
    s.shift = k->shift[c];
    if (!ot_is_small(s.shift)) {
      convolve_any(&s, k->filters + 9 * c);
    } else if (s.y_step == 1) {
      convolve_pairs(&s, k->filters + 9 * c);
    } else {
      convolve_single(&s, k->filters + 9 * c);
    }
  }
  ot_clamp(out, k->out_height * k->out_width * channels, k->low, k->high);
}
