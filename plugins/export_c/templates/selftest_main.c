/* The self-test as a program for this computer: it returns 0 where all outputs are the golden ones. */
#include "golden.h"
#include "selftest.h"

#include <stdio.h>

int main(void) {
  uint32_t crc;
  const int wrong = model_selftest(&crc);
  printf("%d of %d outputs equal, CRC-32 %08lx, golden %08lx\n", GOLDEN_COUNT - wrong, GOLDEN_COUNT, (unsigned long)crc,
         (unsigned long)GOLDEN_CRC);
  return wrong || crc != GOLDEN_CRC;
}
