/* The kernels of the engine: int8 operators whose outputs equal TensorFlow Lite for Microcontrollers' bit for bit.
 *
 * Tensors are NHWC with a batch of one, activations int8. Filters are packed, and the input's zero point is folded into the
 * bias, by the generator: the header of each kernel says how. `scratch` is word-aligned memory of the size that the generator planned.
 * "In place" means that `out` may be the same address as `in`.
 */
#ifndef OT_KERNELS_H
#define OT_KERNELS_H

#include <stdint.h>

/* Convolution, grouped where groups > 1; padding lies above and to the left, what is missing below and to the right is implied. */
typedef struct {
  const int8_t *filters;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int16_t in_height, in_width, in_channels;
  int16_t out_height, out_width, out_channels;
  int16_t kernel_height, kernel_width;
  int16_t stride_height, stride_width;
  int16_t dilation_height, dilation_width;
  int16_t pad_top, pad_left;
  int16_t groups;
  int8_t in_zero, out_zero;
  int8_t low, high; /* the activation's range */
} ot_conv;

/* Depthwise convolution: each input channel makes `depth` output channels. */
typedef struct {
  const int8_t *filters;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int16_t in_height, in_width, in_channels;
  int16_t out_height, out_width, depth;
  int16_t kernel_height, kernel_width;
  int16_t stride_height, stride_width;
  int16_t dilation_height, dilation_width;
  int16_t pad_top, pad_left;
  int8_t in_zero, out_zero;
  int8_t low, high;
} ot_depthwise;

/* Depthwise convolution whose window is all of the input: one output for each channel. */
typedef struct {
  const int8_t *filters;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t taps;
  int16_t channels;
  int8_t out_zero;
  int8_t low, high;
} ot_depthwise_all;

/* 1 x 1 convolution with stride 1. */
typedef struct {
  const int8_t *filters;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t pixels;
  int16_t in_channels, out_channels;
  int8_t out_zero;
  int8_t low, high;
} ot_pointwise;

typedef struct {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t inputs, outputs, rows;
  int8_t out_zero;
  int8_t low, high;
} ot_dense;

typedef struct {
  int16_t in_height, in_width, channels;
  int16_t out_height, out_width;
  int16_t kernel_height, kernel_width;
  int16_t stride_height, stride_width;
  int16_t pad_top, pad_left;
  int8_t low, high;
} ot_pool;

typedef struct {
  int32_t multiplier_a, multiplier_b, multiplier_out;
  int32_t count;
  int8_t shift_a, shift_b, shift_out;
  int8_t zero_a, zero_b, zero_out;
  int8_t low, high;
} ot_sum;

typedef struct {
  int32_t multiplier;
  int32_t rows, columns;
  int16_t farthest; /* below a row's largest value, that still counts */
  int8_t shift;
} ot_softness;

/* Elementwise operators of two operands: three loops, and what each operand moves on a pass of each. */
typedef struct {
  int32_t multiplier;
  int32_t outer, middle, inner;
  int32_t a_outer, a_middle, b_outer, b_middle;
  int8_t a_inner, b_inner;
  int8_t shift;
  int8_t zero_a, zero_b, zero_out;
  int8_t low, high;
} ot_product;

typedef struct {
  int32_t multiplier_a, multiplier_b, multiplier_out;
  int32_t outer, middle, inner;
  int32_t a_outer, a_middle, b_outer, b_middle;
  int8_t a_inner, b_inner;
  int8_t shift_a, shift_b, shift_out;
  int8_t zero_a, zero_b, zero_out;
  int8_t low, high;
  int8_t sign;
} ot_wide_sum;

typedef struct {
  int32_t multiplier;
  int32_t outer, reduced, inner;
  int32_t offset; /* - reduced * the input's zero point */
  int8_t shift, out_zero;
} ot_average;

typedef struct {
  int32_t blocks, planes, rows, items;
  int32_t in_block, in_plane, in_row, in_item;
  int32_t out_block, out_plane, out_row, out_item;
} ot_lattice;

void ot_conv_2d(const int8_t *in, int8_t *out, void *scratch, const ot_conv *k);
void ot_conv_2d_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_conv *k);
void ot_pointwise_conv(const int8_t *in, int8_t *out, void *scratch, const ot_pointwise *k);
void ot_pointwise_conv_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_pointwise *k);
void ot_depthwise_conv(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k);
void ot_depthwise_conv_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k);
void ot_depthwise_conv_3x3_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_depthwise *k);
void ot_depthwise_whole(const int8_t *in, int8_t *out, const ot_depthwise_all *k);
void ot_depthwise_whole_dsp(const int8_t *in, int8_t *out, const ot_depthwise_all *k);
void ot_fully_connected(const int8_t *in, int8_t *out, const ot_dense *k);
void ot_fully_connected_dsp(const int8_t *in, int8_t *out, const ot_dense *k);
void ot_average_pool(const int8_t *in, int8_t *out, const ot_pool *k);
void ot_average_pool_dsp(const int8_t *in, int8_t *out, const ot_pool *k);
void ot_max_pool(const int8_t *in, int8_t *out, const ot_pool *k);
void ot_add(const int8_t *a, const int8_t *b, int8_t *out, const ot_sum *k);
void ot_concatenate(const int8_t *in, int8_t *out, int32_t rows, int32_t in_row, int32_t out_row);
void ot_softmax(const int8_t *in, int8_t *out, const ot_softness *k);
void ot_lookup(const int8_t *in, int8_t *out, const int8_t *table, int32_t count);
void ot_mean(const int8_t *in, int8_t *out, const ot_average *k);
void ot_multiply(const int8_t *a, const int8_t *b, int8_t *out, const ot_product *k);
void ot_broadcast_add(const int8_t *a, const int8_t *b, int8_t *out, const ot_wide_sum *k);
void ot_strided_copy(const int8_t *in, int8_t *out, const ot_lattice *k);
void ot_fill(int8_t *out, int32_t count, int32_t value);
void ot_quantise(const void *in, int8_t *out, float scale, int32_t zero, int32_t count);
void ot_dequantise(const int8_t *in, void *out, float scale, int32_t zero, int32_t count);

/* Parts that several kernels share. */

/* Multiply up to three pixels, unfolded by ot_unfold, with `channels` filters of 4 * quads inputs each. */
typedef struct {
  const int8_t *filters;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t quads, channels;
  int32_t out_zero;
  int32_t out_step; /* bytes from one pixel to the next in the output */
} ot_tile;

void ot_tile_dsp(const void *columns, int8_t *out, int32_t pixels, const ot_tile *t);
/* Multiply one line of inputs with rows of weights. */
typedef struct {
  const int8_t *filters;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t inputs, outputs;
  int32_t out_zero;
} ot_row;

void ot_row_product(const int8_t *in, int8_t *out, const ot_row *r);
void ot_unfold(const int8_t *from, void *column, int32_t count);
void ot_gather_window(const int8_t *in, int8_t *to, int32_t out_y, int32_t out_x, int32_t group, const ot_conv *k);
void ot_gather_plane(const int8_t *in, void *plane, int32_t columns, int32_t length, const ot_depthwise *k);
int8_t ot_requantise(int32_t accumulator, int32_t multiplier, int32_t shift, int32_t zero);
void ot_clamp(int8_t *values, int32_t count, int32_t low, int32_t high);

/* Packed kernels for the DSP extension, the fast way for all but odd networks. A channel's scale is two words: its bias and the
 * shift of its factor, and its multiplier (see ot_requantise_packed); filters are packed by pairs of channels (see
 * ot_tile_packed_dsp). What they cannot take the generator leaves to the kernels above. */
typedef struct {
  int16_t in_height, in_width, in_channels;
  int16_t out_height, out_width, out_channels;
  int16_t kernel_height, kernel_width;
  int16_t stride_height, stride_width;
  int16_t dilation_height; /* columns lie side by side */
  int16_t pad_top, pad_left;
  int16_t in_zero;
} ot_window;

typedef struct {
  const int8_t *filters;
  const int32_t *scales;
  ot_window window;
  int8_t out_zero;
  int8_t low, high;
} ot_packed_conv;

typedef struct {
  const int8_t *filters;
  const int32_t *scales;
  int32_t pixels;
  int16_t in_channels, out_channels;
  int8_t out_zero;
  int8_t low, high;
} ot_packed_pointwise;

/* One scale, or one multiplier for all outputs: `step` words from one multiplier to the next, 1 or 0. */
typedef struct {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  int32_t inputs, outputs, rows;
  int8_t step;
  int8_t out_zero;
  int8_t low, high;
} ot_packed_dense;

/* Multiply up to three pixels, unfolded by ot_unfold, with `channels` packed filters of 4 * quads inputs each. */
typedef struct {
  const int8_t *filters;
  const int32_t *scales; /* an even number of channels */
  int32_t quads, channels;
  int32_t zero;     /* 2 * the output's zero point + 1 */
  int32_t out_step; /* bytes from one pixel to the next in the output */
} ot_packed_tile;

void ot_conv_2d_packed_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_packed_conv *k);
void ot_pointwise_conv_packed_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_packed_pointwise *k);
void ot_depthwise_conv_3x3_packed_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_packed_conv *k);
void ot_fully_connected_packed_dsp(const int8_t *in, int8_t *out, const ot_packed_dense *k);
void ot_tile_packed_dsp(const void *columns, int8_t *out, int32_t pixels, const ot_packed_tile *t);

/* Transposed convolution, one phase of the outputs: see ot_transpose_conv.c. */
typedef struct {
  ot_conv window;
  int32_t row_step, pixel_step; /* bytes from one output row, and one output, of the phase to the next */
} ot_phase;

/* int16 activations with int8 weights: zero points are 0, sums have 64 bits. */

/* Rows of weights, and what becomes of their sums. */
typedef struct {
  const int8_t *filters;
  const int64_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t inputs, outputs;
  int16_t low, high;
  int8_t narrow; /* rescale in 32 bits */
} ot_row_s16;

typedef struct {
  ot_conv window; /* in bytes: two channels for each of the input's; of the rest only sizes count */
  ot_row_s16 row; /* the outputs of one group */
} ot_conv_s16;

typedef struct {
  ot_depthwise window; /* of this only sizes count */
  ot_row_s16 row;
} ot_depthwise_s16;

typedef struct {
  ot_row_s16 row;
  int32_t rows;
} ot_dense_s16;

typedef struct {
  int16_t in_height, in_width, channels;
  int16_t out_height, out_width;
  int16_t kernel_height, kernel_width;
  int16_t stride_height, stride_width;
  int16_t pad_top, pad_left;
  int16_t low, high;
} ot_pool_s16;

typedef struct {
  int32_t multiplier_a, multiplier_b, multiplier_out;
  int32_t count;
  int16_t low, high;
  int8_t shift_a, shift_b, shift_out;
} ot_sum_s16;

typedef struct {
  int32_t multiplier;
  int32_t count;
  int16_t in_zero, out_zero;
  int16_t low, high;
  int8_t shift;
  int8_t in_bytes, out_bytes; /* of each value: 1 or 2 */
} ot_scaling;

typedef struct {
  int32_t multiplier;
  int32_t rows, columns;
  int8_t shift;
} ot_soft;

void ot_transpose_conv(const int8_t *in, int8_t *out, void *scratch, const ot_phase *k);
void ot_transpose_conv_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_phase *k);

void ot_conv_2d_s16(const void *in, void *out, void *scratch, const ot_conv_s16 *k);
void ot_conv_2d_s16_dsp(const void *in, void *out, void *scratch, const ot_conv_s16 *k);
void ot_depthwise_conv_s16(const void *in, void *out, const ot_depthwise_s16 *k);
void ot_fully_connected_s16(const void *in, void *out, const ot_dense_s16 *k);
void ot_fully_connected_s16_dsp(const void *in, void *out, const ot_dense_s16 *k);
void ot_average_pool_s16(const void *in, void *out, const ot_pool_s16 *k);
void ot_max_pool_s16(const void *in, void *out, const ot_pool_s16 *k);
void ot_add_s16(const void *a, const void *b, void *out, const ot_sum_s16 *k);
void ot_mean_s16(const void *in, void *out, const ot_average *k);
void ot_rescale_s16(const void *in, void *out, const ot_scaling *k);
void ot_quantise_s16(const void *in, void *out, float scale, int32_t zero, int32_t count);
void ot_dequantise_s16(const void *in, void *out, float scale, int32_t zero, int32_t count);
void ot_logistic_s16(const void *in, void *out, const uint16_t *table, int32_t count, int32_t multiplier, int32_t shift);
void ot_tanh_s16(const void *in, void *out, const uint16_t *table, int32_t count, int32_t multiplier, int32_t shift);
void ot_softmax_s16(const void *in, void *out, const int16_t *exponential, const int16_t *reciprocal, const ot_soft *k);

/* 4-bit weights, two a byte: the records are those of the kernels for int8. */
void ot_conv_2d_w4(const int8_t *in, int8_t *out, void *scratch, const ot_conv *k);
void ot_conv_2d_w4_dsp(const int8_t *in, int8_t *out, void *scratch, const ot_conv *k);
void ot_fully_connected_w4(const int8_t *in, int8_t *out, const ot_dense *k);
void ot_fully_connected_w4_dsp(const int8_t *in, int8_t *out, const ot_dense *k);
void ot_depthwise_conv_w4(const int8_t *in, int8_t *out, void *scratch, int32_t count, const ot_depthwise *k);
void ot_depthwise_conv_w4_dsp(const int8_t *in, int8_t *out, void *scratch, int32_t count, const ot_depthwise *k);
void ot_depthwise_conv_w4_3x3_dsp(const int8_t *in, int8_t *out, void *scratch, int32_t count, const ot_depthwise *k);
void ot_depthwise_conv_w4_3x3_packed_dsp(const int8_t *in, int8_t *out, void *scratch, int32_t count, const ot_packed_conv *k);

/* Parts that these share. */
void ot_row_product_s16(const int16_t *in, int16_t *out, const ot_row_s16 *r);
void ot_row_product_s16_dsp(const int16_t *in, int16_t *out, const ot_row_s16 *r);
int16_t ot_requantise_s16(int64_t sum, int32_t c, const ot_row_s16 *r);
void ot_row_product_w4(const int8_t *in, int8_t *out, const ot_row *r);
void ot_tile_w4_dsp(const void *columns, int8_t *out, int32_t pixels, const ot_tile *t);
void ot_unpack_w4(const int8_t *from, int8_t *to, int32_t count);

#endif
