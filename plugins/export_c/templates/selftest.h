/* Runs the model on the golden inputs and compares what it answers with the golden outputs. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdint.h>

/* Return how many golden outputs differ, 0 where all is well; `crc` becomes the CRC-32 of all outputs, which should be GOLDEN_CRC.
 * The model starts from its initial state, and is left in another. */
int model_selftest(uint32_t *crc);

#endif
