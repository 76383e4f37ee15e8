/* ot_average_pool_dsp on a band of rows. */
#include "ot_stream.h"

void ot_stream_average_pool_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  const ot_pool k = ot_pool_on_band(layer->sizes, band);
  ot_average_pool_dsp(in, out, &k);
}
