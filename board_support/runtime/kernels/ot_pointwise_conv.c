/* 1 x 1 convolution with stride 1 in portable C. It may run in place: where it makes more channels than it takes, the two end together.
 *
 *   out[p][c] = saturate(rescale(bias[c] + sum_k in[p][k] * filter[c][k]) + out_zero)
 *
 * Filters: one row of inputs for each output channel; -in_zero * sum(filter) is folded into the bias. Scratch: one pixel.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_pointwise_conv(const int8_t *in, int8_t *out, void *scratch, const ot_pointwise *k) {
  ot_row row = {k->filters, k->bias, k->multiplier, k->shift, k->in_channels, k->out_channels, k->out_zero};
  int8_t *pixel = scratch;
  int8_t *to = out;
  OT_ROLLED
  for (int32_t p = 0; p < k->pixels; p++, to += k->out_channels) {
#ifdef OT_HELIUM
    ot_copy_bytes(pixel, in, k->in_channels);
    in += k->in_channels;
#else
    OT_ROLLED
    for (int32_t c = 0; c < k->in_channels; c++) {
      pixel[c] = *in++;
    }
#endif
    ot_row_product(pixel, to, &row);
  }
  ot_clamp(out, k->pixels * k->out_channels, k->low, k->high);
}
