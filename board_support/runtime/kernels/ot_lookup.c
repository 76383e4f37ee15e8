/* Any function of one int8 value (relu, relu6, logistic, a change of scale ...) by a table of its 256 results; in place.
 *
 *   out = table[in + 128]      the generator computes the table with the operator's own fixed-point arithmetic
 */
#include "ot_arith.h"
#include "ot_kernels.h"

void ot_lookup(const int8_t *in, int8_t *out, const int8_t *table, int32_t count) {
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    out[i] = table[in[i] + 128];
  }
}
