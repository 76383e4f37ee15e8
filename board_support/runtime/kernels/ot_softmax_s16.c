/* Softmax over the columns of each row of int16 values; in place. The output's scale is 1/32768, its zero point 0.
 *
 *   e[i] = exponential(max - in[i])                 Q0.15, rescaled so that -65535 stands for -10
 *   out  = clamp(round(e[i] * reciprocal(sum) / 2^n))
 *
 * Both functions are tables of 513 values made by the generator, with straight lines between them.
 */
#include "ot_arith.h"
#include "ot_kernels.h"

static int32_t on_line(int32_t x, const int16_t *table) {
  const int16_t *at = table + 256 + (x >> 7);
  return (int16_t)(at[0] + (((int16_t)(at[1] - at[0]) * (x & 127) + 64) >> 7));
}

static void softmax_row(const ot_half *in, ot_half *out, const int16_t *exponential, const int16_t *reciprocal, const ot_soft *k) {
  int32_t most = -32768, sum = 0, shift = 30;
  OT_ROLLED
  for (int32_t i = 0; i < k->columns; i++) {
    most = in[i] > most ? in[i] : most;
  }
  OT_ROLLED
  for (int32_t i = 0; i < k->columns; i++) {
    int32_t x = ot_rescale(in[i] - most, k->multiplier, k->shift) + 32767;
    out[i] = (ot_half)on_line(ot_limit(x, -32768, 32767), exponential);
    sum += out[i];
  }
  /* sum = (1 + x) * 2^shift with x from 0 to 1, which the table takes from -32768 to 32767 */
  while (shift > 0 && (sum >> shift) == 0) {
    shift--;
  }
  int64_t whole = ((((int64_t)sum << (30 - shift)) + (1 << 13)) >> 14) - 98304;
  int32_t scale = on_line(ot_limit((int32_t)whole, -32768, 32767), reciprocal);
  OT_ROLLED
  for (int32_t i = 0; i < k->columns; i++) {
    int64_t value = ((int64_t)out[i] * scale + (int64_t)((1ull << shift) >> 1)) >> shift;
    out[i] = (ot_half)ot_limit((int32_t)value, 0, 32767);
  }
}

void ot_softmax_s16(const void *in, void *out, const int16_t *exponential, const int16_t *reciprocal, const ot_soft *k) {
  const ot_half *from = in;
  ot_half *to = out;
  OT_ROLLED
  for (int32_t row = 0; row < k->rows; row++, from += k->columns, to += k->columns) {
    softmax_row(from, to, exponential, reciprocal, k);
  }
}
