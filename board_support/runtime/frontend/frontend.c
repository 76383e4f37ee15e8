/* The log-mel front end's stream: PCM at any pace becomes frames, frames become the network's input.
 *
 * A frame is complete when `window` samples have come; the next one starts `hop` samples later, and what the two share is kept, not
 * asked for again. Features of a clip's frames stand in a ring of rows. How a frame is computed: frontend_float32.c for cores with
 * an FPU, frontend_fixed.c for those without.
 */
#include "frontend_state.h"

struct frontend_state frontend_state;

/* What the overlap of two frames is moved in. */
#if FE_HOP % 2 == 0
typedef uint32_t __attribute__((may_alias)) unit;
#else
typedef int16_t unit;
#endif

/* Move the samples that the next frame shares to the front. The barrier keeps compilers from calling memmove, which is larger, and the
 * count of steps in a turn from writing a short overlap out in full. */
FE_STAGE void keep_overlap(void) {
  unit *to = (unit *)frontend_state.history;
  const unit *from = (const unit *)(frontend_state.history + FE_HOP);
  FE_BY_FOUR for (int left = (FE_WINDOW - FE_HOP) * (int)sizeof(int16_t); left > 0; left -= (int)sizeof(unit)) {
    *to++ = *from++;
    __asm__ volatile("" ::: "memory");
  }
  frontend_state.filled = FE_WINDOW - FE_HOP;
}

FE_STAGE void frame(void) {
  frontend_frame(frontend_state.features + frontend_state.row * FE_MELS);
  if (++frontend_state.row == FE_FRAMES) frontend_state.row = 0;
  keep_overlap();
}

void frontend_init(void) {
  frontend_state.filled = 0;
  frontend_state.row = 0;
  FE_ROLLED for (int i = 0; i < FE_FEATURE_BYTES; i++) frontend_state.features[i] = FE_SILENCE;
}

int frontend_push(const int16_t *pcm, int count) {
  int frames = 0;
  while (count > 0) {
    const int32_t filled = frontend_state.filled;
    const int32_t wanted = filled < 0 ? -filled : FE_WINDOW - filled;
    const int32_t taken = count < wanted ? count : wanted;
    if (filled >= 0) {
      int16_t *to = frontend_state.history + filled;
      for (int32_t i = 0; i < taken; i++) to[i] = pcm[i];
    }
    frontend_state.filled = filled + taken;
    pcm += taken;
    count -= taken;
    if (filled + taken == FE_WINDOW) {
      frame();
      frames++;
    }
  }
  return frames;
}

void frontend_features(int8_t *out) {
  const int32_t oldest = frontend_state.row * FE_MELS;
  FE_ROLLED for (int32_t i = oldest; i < FE_FEATURE_BYTES; i++) *out++ = frontend_state.features[i];
  FE_ROLLED for (int32_t i = 0; i < oldest; i++) *out++ = frontend_state.features[i];
}
