/* Reads a WAV file and prints the labels' scores, as the kit would give them: `demo FILE.wav`. */
#include "model.h"
#include "wav.h"

#include <stdio.h>

/* Once a whole clip has been heard, this many frames from one answer to the next. */
enum { FRAMES_BETWEEN = FE_FRAMES > 4 ? FE_FRAMES / 4 : 1 };

static int complain(const char *path, const char *problem) {
  fprintf(stderr, "%s: %s\n", path, problem);
  return 1;
}

static void answer(long samples) {
  int best = 0;
  frontend_features(model_input());
  model_run();
  for (int i = 1; i < MODEL_LABEL_COUNT; i++) {
    if (model_score(i) > model_score(best)) best = i;
  }
  printf("%6.2f s  %s\n", (double)samples / FE_SAMPLE_RATE, model_labels[best]);
  for (int i = 0; i < MODEL_LABEL_COUNT; i++) printf("          %.3f  %s\n", (double)model_score(i), model_labels[i]);
}

static int listen(wav *w) {
  long heard = 0;
  int frames = 0, count;
  int16_t pcm[FE_HOP];
  frontend_init();
  model_init();
  while ((count = wav_read(w, pcm, FE_HOP)) > 0) {
    heard += count;
    frames += frontend_push(pcm, count);
    if (heard >= FE_CLIP_SAMPLES && frames >= FRAMES_BETWEEN) {
      answer(heard);
      frames = 0;
    }
  }
  if (frames || heard < FE_CLIP_SAMPLES) answer(heard);
  return 0;
}

int main(int argc, char **argv) {
  wav w;
  if (argc != 2) {
    fprintf(stderr, "usage: %s FILE.wav (16-bit PCM, %d Hz)\n", argv[0], FE_SAMPLE_RATE);
    return 2;
  }
  const char *problem = wav_open(&w, argv[1]);
  if (problem) return complain(argv[1], problem);
  int code;
  if (w.rate == FE_SAMPLE_RATE) {
    code = listen(&w);
  } else {
    char words[96];
    snprintf(words, sizeof words, "it has %lu samples a second, the model takes %d: resample it", (unsigned long)w.rate, FE_SAMPLE_RATE);
    code = complain(argv[1], words);
  }
  wav_close(&w);
  return code;
}
