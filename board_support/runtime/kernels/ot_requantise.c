/* Rescale an accumulator to int8 by any factor: the rare way, for factors of one half and more.
 *
 *   out = saturate(rescale(accumulator) + zero)
 */
#include "ot_arith.h"
#include "ot_kernels.h"

int8_t ot_requantise(int32_t accumulator, int32_t multiplier, int32_t shift, int32_t zero) {
  return (int8_t)ot_limit(ot_rescale(accumulator, multiplier, shift) + zero, -128, 127);
}
