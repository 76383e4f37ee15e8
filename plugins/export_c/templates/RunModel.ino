// Runs the model again and again and says over the serial port how long it takes and which output is the largest.
#include <model.h>

void setup() {
  Serial.begin(115200);
  model_init();
}

void loop() {
  uint8_t *in = (uint8_t *)model_input();
  for (long i = 0; i < MODEL_INPUT_BYTES; i++) in[i] = 0;  // your features here: model.h says in which form
  const unsigned long began = micros();
  model_run();
  const unsigned long took = micros() - began;
  int best = 0;
  for (int i = 1; i < MODEL_SCORES; i++) {
    if (model_score(i) > model_score(best)) best = i;
  }
  Serial.print(took);
  Serial.print(" us, output ");
  Serial.print(best);
  Serial.print(": ");
  Serial.println(model_score(best));
  delay(1000);
}
