/* The self-test as a program for the kit. It speaks through the debugger's console (semihosting), so it needs no serial port,
   and leaves with 0 where all outputs are the golden ones. */
#include "golden.h"
#include "selftest.h"
#include "semihosting.h"

enum { NO_CONSOLE = 3 };

static char *hexadecimal(char *to, uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[value >> shift & 15u];
  return to;
}

static char *text(char *to, const char *from) {
  while (*from) *to++ = *from++;
  return to;
}

int main(void) {
  char line[64], *end = line;
  uint32_t crc;
  const int32_t out = console_open(CONSOLE_WRITE);
  if (out < 0) return NO_CONSOLE;
  const int wrong = model_selftest(&crc);
  end = text(end, wrong ? "outputs differ, CRC-32 " : "all outputs equal, CRC-32 ");
  end = hexadecimal(end, crc);
  end = text(end, ", golden ");
  end = hexadecimal(end, GOLDEN_CRC);
  end = text(end, "\n");
  console_write(out, line, (uint32_t)(end - line));
  return wrong || crc != GOLDEN_CRC;
}
