/* Copy the inputs under one window of a convolution into a line, row by row; the padding holds the input's zero point. */
#include "ot_arith.h"
#include "ot_kernels.h"

#ifdef OT_HELIUM
#define copy ot_copy_bytes
#define fill ot_fill_bytes
#else

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

#endif

/* One row whose taps are neighbours and whose channels are all used: one stretch of memory. */
static int8_t *gather_run(const int8_t *row, int8_t *to, int32_t x, const ot_conv *k) {
  int32_t first = x < 0 ? -x : 0;
  int32_t last = k->in_width - x < k->kernel_width ? k->in_width - x : k->kernel_width;
  first = first < k->kernel_width ? first : k->kernel_width;
  last = last > first ? last : first;
  to = fill(to, k->in_zero, first * k->in_channels);
  to = copy(to, row + (x + first) * k->in_channels, (last - first) * k->in_channels);
  return fill(to, k->in_zero, (k->kernel_width - last) * k->in_channels);
}

static int8_t *gather_taps(const int8_t *row, int8_t *to, int32_t x, int32_t channels, const ot_conv *k) {
  OT_ROLLED
  for (int32_t tap = 0; tap < k->kernel_width; tap++, x += k->dilation_width) {
    if (x >= 0 && x < k->in_width) {
      to = copy(to, row + x * k->in_channels, channels);
    } else {
      to = fill(to, k->in_zero, channels);
    }
  }
  return to;
}

#ifdef OT_HELIUM

/* A window that lies inside and whose rows are runs. */
static void gather_inside(const int8_t *from, int8_t *to, const ot_conv *k) {
  int32_t step = k->dilation_height * k->in_width * k->in_channels, count = k->kernel_width * k->in_channels;
  OT_ROLLED
  for (int32_t tap = k->kernel_height; tap > 0; tap--, from += step) {
    to = ot_copy_bytes(to, from, count);
  }
}

#endif

void ot_gather_window(const int8_t *in, int8_t *to, int32_t out_y, int32_t out_x, int32_t group, const ot_conv *k) {
  int32_t channels = k->in_channels / k->groups;
  int32_t x = out_x * k->stride_width - k->pad_left;
  int32_t y = out_y * k->stride_height - k->pad_top;
#ifdef OT_HELIUM
  int32_t below = y + (k->kernel_height - 1) * k->dilation_height;
  if (k->groups == 1 && k->dilation_width == 1 && x >= 0 && y >= 0 && x + k->kernel_width <= k->in_width && below < k->in_height) {
    gather_inside(in + (y * k->in_width + x) * k->in_channels, to, k);
    return;
  }
#endif
  OT_ROLLED
  for (int32_t tap = 0; tap < k->kernel_height; tap++, y += k->dilation_height) {
    const int8_t *row = in + y * k->in_width * k->in_channels + group * channels;
    if (y < 0 || y >= k->in_height) {
      to = fill(to, k->in_zero, k->kernel_width * channels);
    } else if (k->groups == 1 && k->dilation_width == 1) {
      to = gather_run(row, to, x, k);
    } else {
      to = gather_taps(row, to, x, channels, k);
    }
  }
}
