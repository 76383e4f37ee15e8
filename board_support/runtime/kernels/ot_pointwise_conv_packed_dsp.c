/* 1 x 1 convolution with stride 1 for cores with the DSP extension, the fast way. It may run in place: where it makes more
 * channels than it takes, the two end together.
 *
 *   out[p][c] = saturate(rescale(bias[c] + sum_k in[p][k] * filter[c][k]) + out_zero)
 *
 * Filters as ot_tile_packed_dsp takes them, filled with zeros to a multiple of four inputs; -in_zero * sum(filter) is folded into
 * the bias. Scratch: three unfolded columns of 8*quads bytes each. Three pixels are read before their outputs are written.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

OT_SMALL void ot_pointwise_conv_packed_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_packed_pointwise *k) {
  const ot_packed_tile tile = {k->filters, k->scales, (k->in_channels + 3) / 4, k->out_channels, 2 * k->out_zero + 1, k->out_channels};
  int8_t *to = out;
  OT_ROLLED
  for (int32_t left = k->pixels; left > 0; left -= 3) {
    int32_t held = left < 3 ? left : 3;
    OT_ROLLED
    for (int32_t p = 0; p < held; p++, in += k->in_channels) {
      ot_unfold(in, (ot_word *)scratch + p, k->in_channels);
    }
    ot_tile_packed_dsp(scratch, to, held, &tile);
    to += held * k->out_channels;
  }
  ot_clamp(out, k->pixels * k->out_channels, k->low, k->high);
}
