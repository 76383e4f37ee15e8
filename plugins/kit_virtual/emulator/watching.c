/* What the emulator calls for each block and each access while a region is counted: watching.py holds the table.
   In C because a Python call for each of a million blocks takes a second. */
#include <stdint.h>

enum { SLOTS = 1 << 16 };

struct table {
  uint64_t jumps, next, used, misaligned, misaligned_near;
  struct {
    uint64_t key, times;
  } slots[SLOTS];
};

/* A block's key is its address and size; the first block never has key 0, for a size is never 0. */
void watch_block(void *cpu, uint64_t address, uint32_t size, void *data) {
  struct table *table = data;
  const uint64_t key = address << 20 | size;
  uint32_t slot = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 48) % SLOTS;
  (void)cpu;
  table->jumps += address != table->next;
  table->next = address + size;
  while (table->slots[slot].key != key) {
    if (!table->slots[slot].key) {
      if (table->used >= SLOTS / 2) { /* full: watching.py sees it */
        table->used = SLOTS;
        return;
      }
      table->slots[slot].key = key;
      table->used++;
      break;
    }
    slot = (slot + 1) % SLOTS;
  }
  table->slots[slot].times++;
}

void watch_access(void *cpu, int kind, uint64_t address, int size, int64_t value, void *data) {
  struct table *table = data;
  (void)cpu, (void)kind, (void)value;
  if (address % (uint64_t)size && !table->misaligned) {
    table->misaligned = address;
    table->misaligned_near = table->next;
  }
}
