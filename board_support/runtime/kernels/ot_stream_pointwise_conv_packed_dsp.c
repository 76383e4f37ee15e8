/* ot_pointwise_conv_packed_dsp on a band of rows. */
#include "ot_stream.h"

void ot_stream_pointwise_conv_packed_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  ot_packed_pointwise k = *(const ot_packed_pointwise *)layer->sizes;
  k.pixels = k.pixels / layer->in_height * band->rows_out;
  ot_pointwise_conv_packed_dsp(in, out, layer->scratch, &k);
}
