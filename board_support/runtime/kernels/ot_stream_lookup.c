/* ot_lookup on a band of rows. */
#include "ot_stream.h"

void ot_stream_lookup(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  ot_lookup(in, out, layer->sizes, band->rows_out * layer->in_row);
}
