#include "selftest.h"

#include "golden.h"

/* The CRC-32 of IEEE 802.3, as zlib computes it; begin with 0. */
static uint32_t crc32(uint32_t crc, const uint8_t *data, int count) {
  crc = ~crc;
  for (int i = 0; i < count; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static void write_input(const int8_t *values) {
  int8_t *in = model_input();
  for (int i = 0; i < MODEL_INPUT_BYTES; i++) in[i] = values[i];
}

static int differs(const int8_t *expected) {
  const int8_t *out = model_output();
  for (int i = 0; i < MODEL_OUTPUT_BYTES; i++) {
    if (out[i] != expected[i]) return 1;
  }
  return 0;
}

int model_selftest(uint32_t *crc) {
  int wrong = 0;
  *crc = 0;
  model_init();
  for (int i = 0; i < GOLDEN_COUNT; i++) {
    write_input(golden_inputs[i]);
    model_run();
    wrong += differs(golden_outputs[i]);
    *crc = crc32(*crc, model_output(), MODEL_OUTPUT_BYTES);
  }
  return wrong;
}
