/* Vectors, the way from reset to main(), and what happens on a fault. One file for every Cortex-M; no interrupt is used. */
#include "semihosting.h"

#include <stdint.h>

extern uint32_t __stack_top, __data_load, __data_start, __data_end, __bss_start, __bss_end;

int main(void);
void Reset_Handler(void);
void Fault_Handler(void);

#define CCR (*(volatile uint32_t *)0xE000ED14u)
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define VTOR (*(volatile uint32_t *)0xE000ED08u)

typedef void (*Handler)(void);

__attribute__((section(".vectors"), used)) const struct {
  const void *stack;
  Handler handlers[15];
} vectors = {
    &__stack_top,
    {Reset_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler, 0, 0, 0, 0, Fault_Handler,
     Fault_Handler, 0, Fault_Handler, Fault_Handler},
};

/* Volatile words: a compiler that saw a copy here would call memcpy, whose code may use the FPU. */
static void set_up_memory(void) {
  const volatile uint32_t *from = &__data_load;
  for (volatile uint32_t *to = &__data_start; to < &__data_end;) *to++ = *from++;
  for (volatile uint32_t *to = &__bss_start; to < &__bss_end;) *to++ = 0;
}

__attribute__((noreturn)) void Reset_Handler(void) {
#if __ARM_ARCH >= 7
  VTOR = (uint32_t)(uintptr_t)&vectors; /* a boot loader may have left its own */
  CCR |= 1u << 4; /* division by zero faults, where it would give 0 */
#endif
#ifdef __ARM_FP
  CPACR |= 0xFu << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  set_up_memory();
  console_exit((uint32_t)main());
}

/* The stack may be what is broken: speak from a fresh one, and hand on where the core stacked its registers. */
__attribute__((naked, noreturn)) void Fault_Handler(void) {
  __asm__ volatile(
      ".syntax unified\n"
      "mov r0, sp\n"
      "ldr r1, =__stack_top\n"
      "mov sp, r1\n"
      "ldr r1, =console_fault\n"
      "bx r1\n");
}
