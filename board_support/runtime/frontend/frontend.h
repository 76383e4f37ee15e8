/* The log-mel front end: 16-bit PCM in at any pace, int8 features out. See frontend.c. */
#ifndef FRONTEND_H
#define FRONTEND_H

#include <stdint.h>

#include "frontend_config.h"

#define FE_FEATURE_BYTES (FE_FRAMES * FE_MELS)

/* Forget all sound: the features become those of silence. Call it once before the first push. */
void frontend_init(void);

/* Take `count` samples and return how many frames they completed. */
int frontend_push(const int16_t *pcm, int count);

/* Copy the features of the last FE_FRAMES frames, oldest first, FE_MELS values each. */
void frontend_features(int8_t *out);

#endif
