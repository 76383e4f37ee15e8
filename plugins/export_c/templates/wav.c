#include "wav.h"

#include <string.h>

enum { PCM = 1, EXTENSIBLE = 0xFFFE, FORMAT_BYTES = 16, SUBFORMAT = 24, FORMAT_MOST = 40 };

static uint32_t word(const unsigned char *at, int bytes) {
  uint32_t value = 0;
  for (int i = bytes; i--;) value = value << 8 | at[i];
  return value;
}

static int skip(FILE *file, uint32_t count) {
  for (; count; count--) {
    if (fgetc(file) == EOF) return 0;
  }
  return 1;
}

static const char *read_format(wav *w, uint32_t size) {
  unsigned char format[FORMAT_MOST] = {0};
  const uint32_t kept = size < FORMAT_MOST ? size : FORMAT_MOST;
  if (size < FORMAT_BYTES) return "its format chunk is too short";
  if (fread(format, 1, kept, w->file) != kept || !skip(w->file, size - kept + size % 2)) return "it is cut short";
  uint32_t kind = word(format, 2);
  if (kind == EXTENSIBLE && size >= SUBFORMAT + 2) kind = word(format + SUBFORMAT, 2);
  if (kind != PCM) return "it is compressed or holds floats: save it as 16-bit PCM";
  if (word(format + 14, 2) != 16) return "its samples do not have 16 bits: save it as 16-bit PCM";
  w->channels = (int)word(format + 2, 2);
  w->rate = word(format + 4, 4);
  return w->channels == 1 || w->channels == 2 ? 0 : "it has more than two channels";
}

/* Go to the samples: chunks that are neither the format nor the data are passed over. */
static const char *find_data(wav *w) {
  unsigned char head[12];
  if (fread(head, 1, 12, w->file) != 12 || memcmp(head, "RIFF", 4) || memcmp(head + 8, "WAVE", 4)) return "it is no WAV file";
  while (fread(head, 1, 8, w->file) == 8) {
    const uint32_t size = word(head + 4, 4);
    if (!memcmp(head, "data", 4)) {
      if (!w->channels) return "its samples come before their format";
      w->left = size / (2u * (uint32_t)w->channels);
      return w->left ? 0 : "it holds no sound";
    }
    if (!memcmp(head, "fmt ", 4)) {
      const char *problem = read_format(w, size);
      if (problem) return problem;
    } else if (!skip(w->file, size) || !skip(w->file, size % 2)) {
      break;
    }
  }
  return "it is cut short: there are no samples in it";
}

const char *wav_open(wav *w, const char *path) {
  *w = (wav){.file = fopen(path, "rb")};
  if (!w->file) return "it cannot be opened";
  const char *problem = find_data(w);
  if (problem) wav_close(w);
  return problem;
}

int wav_read(wav *w, int16_t *pcm, int count) {
  const size_t bytes = 2u * (size_t)w->channels;
  int done = 0;
  while (done < count && w->left) {
    unsigned char frame[4];
    if (fread(frame, 1, bytes, w->file) != bytes) {
      w->left = 0;
      break;
    }
    int32_t sum = 0;
    for (int c = 0; c < w->channels; c++) sum += (int16_t)word(frame + 2 * c, 2);
    pcm[done++] = (int16_t)(sum / w->channels);
    w->left--;
  }
  return done;
}

void wav_close(wav *w) {
  fclose(w->file);
  w->file = 0;
}
