/* Runs the model on what the console hands over. Records: 'I' and the input tensor's bytes are answered by the output
   tensor's; 'C' and a clip of little-endian 16-bit samples by the features (the input tensor) and the output. */
#include "model.h"
#include "semihosting.h"

#include <stdint.h>

#ifdef HARNESS_FRONTEND
#include "frontend.h"
#endif

enum { END_OF_INPUT = 0, UNKNOWN_RECORD = 2, NO_CONSOLE = 3, SHORT_RECORD = 4 };

/* A kit counts instructions and cycles from one mark to the next; they must stay calls. */
#define MARK(name) \
  __attribute__((noinline, used)) void name(void); \
  void name(void) { __asm__ volatile("nop"); }
MARK(mark_features_begin)
MARK(mark_features_end)
MARK(mark_run_begin)
MARK(mark_run_end)

static void run(int32_t out) {
  mark_run_begin();
  model_run();
  mark_run_end();
  console_write(out, model_output(), MODEL_OUTPUT_BYTES);
}

#ifdef HARNESS_FRONTEND
/* The samples come through the input tensor, which is free until the features are whole. */
static uint32_t clip(int32_t in) {
  int16_t *const samples = model_input();
  uint32_t left = FE_CLIP_SAMPLES;
  frontend_init();
  mark_features_begin();
  while (left) {
    uint32_t count = left < FE_HOP ? left : FE_HOP;
    if (count > MODEL_INPUT_BYTES / 2) count = MODEL_INPUT_BYTES / 2;
    if (console_read(in, samples, 2 * count)) return 1;
    frontend_push(samples, (int)count);
    left -= count;
  }
  frontend_features(model_input());
  mark_features_end();
  return 0;
}
#endif

int main(void) {
  const int32_t in = console_open(CONSOLE_READ);
  const int32_t out = console_open(CONSOLE_WRITE);
  if (in < 0 || out < 0) return NO_CONSOLE;
  model_init();
  for (;;) {
    uint8_t kind;
    if (console_read(in, &kind, 1)) return END_OF_INPUT;
    if (kind == 'I') {
      if (console_read(in, model_input(), MODEL_INPUT_BYTES)) return SHORT_RECORD;
#ifdef HARNESS_FRONTEND
    } else if (kind == 'C') {
      if (clip(in)) return SHORT_RECORD;
      console_write(out, model_input(), MODEL_INPUT_BYTES);
#endif
    } else {
      return UNKNOWN_RECORD;
    }
    run(out);
  }
}
