/* Run a chain of kernels a band of rows at a time; ot_stream.h says how. */
#include "ot_stream.h"

#include "ot_arith.h"

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

static int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }

/* Rows of input that must be at hand to have made so many rows of output. */
static int32_t needed(const ot_stream_layer *l, int32_t made) {
  return least(l->in_height, (made - 1) * l->stride + l->span - l->pad_top);
}

/* The first row of input that is still needed when so many rows of output are made. */
static int32_t first_needed(const ot_stream_layer *l, int32_t made) { return most(0, made * l->stride - l->pad_top); }

/* Copy downwards in the arena; most rows are whole words. */
static void move_down(int8_t *to, const int8_t *from, int32_t bytes) {
  int32_t i = 0;
  if (((from - to) & 3) == 0) {
    OT_ROLLED
    for (; i + 8 <= bytes; i += 8) {
      int32_t first = ot_load(from + i), second = ot_load(from + i + 4);
      ot_store(to + i, first);
      ot_store(to + i + 4, second);
    }
  }
  OT_ROLLED
  for (; i < bytes; i++) {
    to[i] = from[i];
  }
}

/* Move the rows from `low` on, which the keeper still needs, to the front of the layer's output. */
static void drop_rows(const ot_stream_layer *l, ot_stream_state *state, int32_t low) {
  if (low > state->base) {
    move_down(l->out, l->out + (low - state->base) * l->out_row, (state->made - low) * l->out_row);
    state->base = (int16_t)low;
  }
}

static void make_rows(const ot_stream_layer *l, ot_stream_state *state, int32_t in_base, int32_t goal) {
  int32_t made = state->made, first = first_needed(l, made);
  ot_band band = {.rows_in = needed(l, goal) - first,
                  .rows_out = goal - made,
                  .pad_top = most(0, l->pad_top - made * l->stride),
                  .made = made};
  l->run(l->in + (first - in_base) * l->in_row, l->out + (made - state->base) * l->out_row, l, &band);
  state->made = (int16_t)goal;
}

void ot_stream(const ot_stream_layer *layers, int32_t count, int32_t stripe, void *scratch) {
  ot_stream_state *state = scratch;
  OT_ROLLED
  for (int32_t i = 0; i < count; i++) {
    state[i].made = state[i].base = 0;
  }
  int32_t last = count - 1;
  while (state[last].made < layers[last].out_height) {
    int32_t i = last, goal = least(state[i].made + stripe, layers[i].out_height);
    while (i > 0 && needed(&layers[i], goal) > state[i - 1].made) {
      i--;
      goal = least(state[i].made + stripe, layers[i].out_height);
    }
    const ot_stream_layer *l = &layers[i];
    int32_t in_base = l->owner < 0 ? 0 : state[l->owner].base;
    if (l->keeper >= 0) {
      int32_t low = first_needed(&layers[l->keeper], state[l->keeper].made);
      drop_rows(l, &state[i], least(low, state[i].made));
    } else if (l->out == l->in) {
      state[i].base = (int16_t)in_base;
    }
    make_rows(l, &state[i], in_base, goal);
  }
}
