"""A hand-made model in the form that generated C has, small enough to know every answer; and what can go wrong in one."""

from pathlib import Path

INPUT_BYTES, OUTPUT_BYTES, ARENA_BYTES = 64, 4, 128
CLIP_SAMPLES, HOP = 1000, 160

HEADER = f"""
#ifndef MODEL_H
#define MODEL_H
#define MODEL_INPUT_BYTES {INPUT_BYTES}
#define MODEL_OUTPUT_BYTES {OUTPUT_BYTES}
#define MODEL_ARENA_BYTES {ARENA_BYTES}
#define MODEL_LABEL_COUNT 4
void *model_input(void);
const void *model_output(void);
void model_run(void);
static inline void model_init(void) {{}}
extern const char *const model_labels[];
#endif
"""

SOURCE = """
#include "model.h"
#include <stdint.h>

static int8_t arena[MODEL_ARENA_BYTES];
static uint32_t runs = 5; /* initial data: the first of the outputs proves that it was copied */
volatile uint32_t sink;
const char *const model_labels[] = {"a", "b", "c", "d"};

void *model_input(void) { return arena; }
const void *model_output(void) { return arena + MODEL_INPUT_BYTES; }

%(before)s

void model_run(void) {
  int8_t *out = arena + MODEL_INPUT_BYTES;
  %(body)s
  out[0] = (int8_t)runs++;
  for (int i = 1; i < 4; i++) {
    int sum = 0;
    for (int k = 0; k < 16; k++) sum += arena[16 * i + k];
    out[i] = (int8_t)sum;
  }
}
"""

FRONTEND_HEADER = f"""
#include <stdint.h>
#define FE_CLIP_SAMPLES {CLIP_SAMPLES}
#define FE_HOP {HOP}
void frontend_init(void);
int frontend_push(const int16_t *pcm, int count);
void frontend_features(int8_t *out);
"""

FRONTEND_SOURCE = """
#include "frontend.h"
#include "model.h"

static int32_t total, samples;

void frontend_init(void) { total = samples = 0; }

int frontend_push(const int16_t *pcm, int count) {
  for (int i = 0; i < count; i++) total += pcm[i] * (samples++ % 7 + 1);
  return 0;
}

void frontend_features(int8_t *out) {
  for (int i = 0; i < MODEL_INPUT_BYTES; i++) out[i] = (int8_t)(total + i * samples);
}
"""


def tiny_model(folder: Path, body: str = "", before: str = "", frontend: bool = False) -> Path:
    """Write the sources; `body` runs at the start of each inference, `before` stands above it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.h").write_text(HEADER)
    (folder / "model.c").write_text(SOURCE % {"body": body, "before": before})
    if frontend:
        (folder / "frontend").mkdir(exist_ok=True)
        (folder / "frontend" / "frontend.h").write_text(FRONTEND_HEADER)
        (folder / "frontend" / "frontend.c").write_text(FRONTEND_SOURCE)
    return folder


def tiny_output(tensor: bytes, run: int) -> bytes:
    """Compute what the model answers in its `run`-th inference, counted from 0."""
    values = [b - 256 if b > 127 else b for b in tensor]
    return bytes([(5 + run) & 0xFF, *(sum(values[16 * i : 16 * i + 16]) & 0xFF for i in range(1, 4))])


def tiny_features(pcm: list[int]) -> bytes:
    """Compute the front end's features of a clip."""
    total = sum(s * (n % 7 + 1) for n, s in enumerate(pcm))
    return bytes((total + i * len(pcm)) & 0xFF for i in range(INPUT_BYTES))
