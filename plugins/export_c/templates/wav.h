/* Reads WAV files of 16-bit PCM, mono or stereo. */
#ifndef WAV_H
#define WAV_H

#include <stdint.h>
#include <stdio.h>

typedef struct {
  FILE *file;
  uint32_t rate;
  uint32_t left; /* frames that are still to be read */
  int channels;
} wav;

/* Open a file; return 0, or what is wrong with it. */
const char *wav_open(wav *w, const char *path);

/* Read up to `count` samples, the mean of both channels where there are two; return how many there were, 0 at the end. */
int wav_read(wav *w, int16_t *pcm, int count);

void wav_close(wav *w);

#endif
