// Listens, and says over the serial port what it heard. Boards with a PDM microphone work as they are (Nano 33 BLE Sense,
// Nano RP2040 Connect); for others, hand the samples of your microphone over in listen().
#include <model.h>

// The answers' pace, in frames of FE_HOP samples, and the least score that counts.
const int FRAMES_BETWEEN = FE_FRAMES > 4 ? FE_FRAMES / 4 : 1;
const float LEAST_SCORE = 0.6f;

#if __has_include(<PDM.h>)
#include <PDM.h>

// The microphone's interrupt writes the ring, loop() reads it; what comes while it is full is lost.
const unsigned RING = 4096;
static int16_t ring[RING];
static volatile unsigned written = 0, read_so_far = 0;

static void take_samples() {
  int16_t fresh[256];
  while (PDM.available() > 0) {
    const int bytes = PDM.read(fresh, min((int)sizeof fresh, PDM.available()));
    if (bytes <= 0) return;
    for (int i = 0; i < bytes / 2 && written - read_so_far < RING; i++) {
      ring[written % RING] = fresh[i];
      written = written + 1;
    }
  }
}

static bool begin_listening() {
  PDM.onReceive(take_samples);
  return PDM.begin(1, FE_SAMPLE_RATE);
}

// Hand the front end what came since the last call, and return how many frames were completed.
static int listen() {
  int frames = 0;
  while (written != read_so_far) {
    const int16_t sample = ring[read_so_far % RING];
    read_so_far = read_so_far + 1;
    frames += frontend_push(&sample, 1);
  }
  return frames;
}
#else
static bool begin_listening() { return true; }

// Your microphone here: call frontend_push(samples, count) with 16-bit samples, FE_SAMPLE_RATE a second.
static int listen() { return 0; }
#endif

void setup() {
  Serial.begin(115200);
  frontend_init();
  model_init();
  if (!begin_listening()) Serial.println("the microphone does not start");
}

void loop() {
  static int frames = 0;
  frames += listen();
  if (frames < FRAMES_BETWEEN) return;
  frames = 0;
  frontend_features((int8_t *)model_input());
  model_run();
  int best = 0;
  for (int i = 1; i < MODEL_LABEL_COUNT; i++) {
    if (model_score(i) > model_score(best)) best = i;
  }
  if (model_score(best) < LEAST_SCORE) return;
  Serial.print(model_labels[best]);
  Serial.print(' ');
  Serial.println(model_score(best));
}
