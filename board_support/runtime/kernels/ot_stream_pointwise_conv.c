/* ot_pointwise_conv on a band of rows. */
#include "ot_stream.h"

void ot_stream_pointwise_conv(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  ot_pointwise k = *(const ot_pointwise *)layer->sizes;
  k.pixels = k.pixels / layer->in_height * band->rows_out;
  ot_pointwise_conv(in, out, layer->scratch, &k);
}
