/* Row streaming: a chain of kernels makes a band of rows at a time, so that of the tensors between them only a few rows are held.
 *
 * The generator writes one ot_stream_layer for each kernel of the chain and plans the rows that each tensor must hold. ot_stream
 * always runs the last kernel that has enough at hand for its next `stripe` rows, so that rows are used up as soon as they can be.
 * An adapter (ot_stream_<kernel>) hands a kernel a copy of its sizes in which the heights are those of the band.
 */
#ifndef OT_STREAM_H
#define OT_STREAM_H

#include <stdint.h>

#include "ot_kernels.h"

typedef struct {
  int32_t rows_in, rows_out; /* at hand, and to make */
  int32_t pad_top;           /* above the first row at hand */
  int32_t made;              /* rows of output made before */
} ot_band;

typedef struct ot_stream_layer {
  void (*run)(const int8_t *in, int8_t *out, const struct ot_stream_layer *layer, const ot_band *band);
  const void *sizes; /* the kernel's own struct, for the whole tensor; of ot_lookup its table */
  int8_t *in, *out;
  void *scratch;
  int32_t in_row, out_row; /* bytes */
  int16_t in_height, out_height;
  int16_t span, stride, pad_top; /* rows of input that a row of output sees, their step, the padding */
  int8_t owner;                  /* the layer whose output's memory `in` is; -1: the input is whole */
  int8_t keeper;                 /* the layer that reads `out` last; -1: all of it stays, or it lies over the input */
} ot_stream_layer;

/* For each layer, in scratch: rows made, and the first row that its output's memory holds. */
typedef struct __attribute__((may_alias)) {
  int16_t made, base;
} ot_stream_state;

/* A pool's sizes on a band. Field by field: a copy of the whole, of no whole words, would bring in memcpy. */
static inline ot_pool ot_pool_on_band(const ot_pool *k, const ot_band *band) {
  return (ot_pool){
      .in_height = (int16_t)band->rows_in,
      .in_width = k->in_width,
      .channels = k->channels,
      .out_height = (int16_t)band->rows_out,
      .out_width = k->out_width,
      .kernel_height = k->kernel_height,
      .kernel_width = k->kernel_width,
      .stride_height = k->stride_height,
      .stride_width = k->stride_width,
      .pad_top = (int16_t)band->pad_top,
      .pad_left = k->pad_left,
      .low = k->low,
      .high = k->high,
  };
}

void ot_stream(const ot_stream_layer *layers, int32_t count, int32_t stripe, void *scratch);

void ot_stream_conv_2d(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_conv_2d_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_pointwise_conv(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_pointwise_conv_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_depthwise_conv(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_depthwise_conv_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_depthwise_conv_3x3_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_conv_2d_packed_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_pointwise_conv_packed_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_depthwise_conv_3x3_packed_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_max_pool(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_average_pool(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_average_pool_dsp(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_lookup(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);

/* These end a chain: they sum up the rows of the whole input in `scratch` and write their one output behind the last. */
void ot_stream_mean(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);
void ot_stream_average_all(const int8_t *in, int8_t *out, const ot_stream_layer *layer, const ot_band *band);

#endif
