/* Any function of one int8 value (relu, relu6, logistic, a change of scale ...) by a table of its 256 results; in place.
 *
 *   out = table[in + 128]      the generator computes the table with the operator's own fixed-point arithmetic
 */
#include "ot_arith.h"
#include "ot_kernels.h"

#ifdef OT_HELIUM

void ot_lookup(const int8_t *in, int8_t *out, const int8_t *table, int32_t count) {
  OT_ROLLED
  for (int32_t i = 0; i < count; i += 16) {
    mve_pred16_t lanes = ot_bytes_left(count - i);
    uint8x16_t place = veorq_u8(vreinterpretq_u8_s8(vldrbq_z_s8(in + i, lanes)), vdupq_n_u8(128));
    vstrbq_p_s8(out + i, vldrbq_gather_offset_z_s8(table, place, lanes), lanes);
  }
}

#else

void ot_lookup(const int8_t *in, int8_t *out, const int8_t *table, int32_t count) {
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    out[i] = table[in[i] + 128];
  }
}

#endif
