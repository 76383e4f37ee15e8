/* Copy one channel of an NHWC tensor into a plane of halfwords, column after column, with its padding.
 *
 * Column x of the plane is column x - pad_left of the input; the rows likewise. `in` points at the channel's first value.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static ot_half *fill(ot_half *to, int32_t value, int32_t count) {
  OT_ROLLED
  for (; count > 0; count--) {
    *to++ = (ot_half)value;
  }
  return to;
}

void ot_gather_plane(const int8_t *in, void *plane, int32_t columns, int32_t length, const ot_depthwise *k) {
  ot_half *to = plane;
  int32_t step = k->in_width * k->in_channels;
  int32_t inside = length - k->pad_top < k->in_height ? length - k->pad_top : k->in_height;
  OT_ROLLED
  for (int32_t x = -k->pad_left; x < columns - k->pad_left; x++) {
    if (x < 0 || x >= k->in_width) {
      to = fill(to, k->in_zero, length);
      continue;
    }
    const int8_t *from = in + x * k->in_channels;
    to = fill(to, k->in_zero, k->pad_top);
    OT_ROLLED
    for (ot_half *end = to + inside; to != end; from += step) {
      *to++ = *from;
    }
    to = fill(to, k->in_zero, length - k->pad_top - inside);
  }
}
