/* ot_depthwise_conv_3x3_packed_dsp on a band of rows. */
#include "ot_stream.h"

void ot_stream_depthwise_conv_3x3_packed_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  ot_packed_conv k = *(const ot_packed_conv *)layer->sizes;
  k.window.in_height = (int16_t)band->rows_in;
  k.window.out_height = (int16_t)band->rows_out;
  k.window.pad_top = (int16_t)band->pad_top;
  ot_depthwise_conv_3x3_packed_dsp(in, out, layer->scratch, &k);
}
