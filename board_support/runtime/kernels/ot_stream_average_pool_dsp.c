/* ot_average_pool_dsp on a band of rows. */
#include "ot_stream.h"

void ot_stream_average_pool_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  ot_pool k = *(const ot_pool *)layer->sizes;
  k.in_height = (int16_t)band->rows_in;
  k.out_height = (int16_t)band->rows_out;
  k.pad_top = (int16_t)band->pad_top;
  ot_average_pool_dsp(in, out, &k);
}
