/* Depthwise convolution with 4-bit filters: they are unpacked to the front of the scratch, and ot_depthwise_conv_3x3_packed_dsp
 * does the rest.
 *
 * There are few of them, nine a channel. `count` is a multiple of four.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_depthwise_conv_w4_3x3_packed_dsp(const int8_t *in, int8_t *out, void *scratch, int32_t count, const ot_packed_conv *k) {
  ot_packed_conv unpacked = *k;
  unpacked.filters = scratch;
  ot_unpack_w4(k->filters, scratch, count);
  ot_depthwise_conv_3x3_packed_dsp(in, out, (int8_t *)scratch + count, &unpacked);
}
