/* What the front end's stream of PCM (frontend.c) and its arithmetic (frontend_float32.c or frontend_fixed.c) share. */
#ifndef FRONTEND_STATE_H
#define FRONTEND_STATE_H

#include "frontend.h"

#define FE_INLINE static inline __attribute__((always_inline))
#define FE_STAGE static __attribute__((noinline))
/* The bodies of these loops are long: unrolled they would take flash and save nothing. */
#ifdef __clang__
#define FE_ROLLED _Pragma("clang loop unroll(disable)")
#define FE_BY_FOUR _Pragma("clang loop unroll_count(4)")
#else
#define FE_ROLLED _Pragma("GCC unroll 1")
#define FE_BY_FOUR _Pragma("GCC unroll 4")
#endif

/* Keep a value in a register; compilers would form an address or a constant anew in each pass. */
#define FE_HOLD(value) __asm__("" : "+r"(value))

/* What samples, spectra and the window's weights are held in. */
#if FE_FIXED
typedef int32_t frontend_number;
typedef int16_t frontend_weight;
#else
typedef float frontend_number;
typedef float frontend_weight;
#endif

typedef struct {
  frontend_number re, im;
} point;

struct frontend_state {
  frontend_number spectrum[FE_FFT + 2]; /* complex points, then the power of bin k at 2k */
  int32_t filled;                       /* samples in history; below zero: samples still to be skipped */
  int32_t row;                          /* where the next frame's features go: the oldest row */
  int16_t history[(FE_WINDOW + 1) & ~1];
  int8_t features[FE_FEATURE_BYTES];
};

extern struct frontend_state frontend_state;

/* Compute the features of the window in history. */
void frontend_frame(int8_t *out);

#endif
