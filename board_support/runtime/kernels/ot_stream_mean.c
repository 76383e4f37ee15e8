/* ot_mean over all of a plane, a band of rows at a time. */
#include "ot_arith.h"
#include "ot_stream.h"

void ot_stream_mean(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band) {
  const ot_average *k = layer->sizes;
  ot_word *sums = layer->scratch;
  if (band->made == 0) {
    OT_ROLLED
    for (int32_t c = 0; c < k->inner; c++) {
      sums[c] = k->offset;
    }
  }
  OT_ROLLED
  for (const int8_t *end = in + band->rows_in * layer->in_row; in != end;) {
    OT_ROLLED
    for (int32_t c = 0; c < k->inner; c++) {
      sums[c] += *in++;
    }
  }
  if (band->made + band->rows_out < layer->in_height) {
    return;
  }
  OT_ROLLED
  for (int32_t c = 0; c < k->inner; c++) {
    out[c] = (int8_t)ot_limit(ot_rescale_mean(sums[c], k->multiplier, k->shift) + k->out_zero, -128, 127);
  }
}
