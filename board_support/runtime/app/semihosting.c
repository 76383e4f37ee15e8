#include "semihosting.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { STOPPED_APPLICATION_EXIT = 0x20026, STOPPED_INTERNAL_ERROR = 0x20024 };

static int32_t request(uint32_t operation, const void *block) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

int32_t console_open(uint32_t mode) {
  static const char name[] = ":tt";
  const uint32_t block[3] = {(uint32_t)(uintptr_t)name, mode, sizeof name - 1};
  return request(SYS_OPEN, block);
}

static uint32_t transfer(uint32_t operation, int32_t handle, const void *at, uint32_t count) {
  const uint32_t block[3] = {(uint32_t)handle, (uint32_t)(uintptr_t)at, count};
  return (uint32_t)request(operation, block);
}

uint32_t console_read(int32_t handle, void *to, uint32_t count) {
  uint8_t *next = to;
  while (count) { /* a terminal may hand over less than was asked for */
    const uint32_t missing = transfer(SYS_READ, handle, next, count);
    if (missing >= count) break;
    next += count - missing;
    count = missing;
  }
  return count;
}

uint32_t console_write(int32_t handle, const void *from, uint32_t count) { return transfer(SYS_WRITE, handle, from, count); }

static _Noreturn void leave(uint32_t reason, uint32_t code) {
  const uint32_t block[2] = {reason, code};
  for (;;) request(SYS_EXIT_EXTENDED, block);
}

void console_exit(uint32_t code) { leave(STOPPED_APPLICATION_EXIT, code); }

void console_fault(uint32_t frame) { leave(STOPPED_INTERNAL_ERROR, frame); }
