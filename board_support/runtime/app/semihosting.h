/* The debug console of Arm semihosting: requests to the debugger, or to the virtual kit that stands in for it. */
#ifndef OT_SEMIHOSTING_H
#define OT_SEMIHOSTING_H

#include <stdint.h>

enum { CONSOLE_READ = 0, CONSOLE_WRITE = 4 }; /* modes of ":tt": standard input and standard output */

/* Open the console for reading or writing; a handle, or -1. */
int32_t console_open(uint32_t mode);

/* Read exactly `count` bytes; 0, or how many are missing at the end of the input. */
uint32_t console_read(int32_t handle, void *to, uint32_t count);

/* Write `count` bytes; 0, or how many were not taken. */
uint32_t console_write(int32_t handle, const void *from, uint32_t count);

/* Leave the program. */
_Noreturn void console_exit(uint32_t code);

/* Leave the program after a processor fault; `frame` is where the core stacked its registers. */
_Noreturn void console_fault(uint32_t frame);

#endif
