/* What the emulator calls for each block and each access while a region is counted: watching.py holds the table.
   In C because a Python call for each of a million blocks takes a second. */
#include <stdint.h>

enum { SLOTS = 1 << 16, SITES = 1 << 12 };

/* Blocks are counted by the call of `caller` (the code from `low` to `high`) under which they ran: sites[n] is where call n returns to.
   Site 0 is all that runs under no call of it. */
struct table {
  uint64_t next, used, misaligned, misaligned_near;
  uint64_t low, high, leaves_to, inside, site, site_count;
  uint64_t sites[SITES], jumps[SITES];
  struct {
    uint64_t key, times;
  } slots[SLOTS];
};

static uint64_t site_of(struct table *table, uint64_t address) {
  uint64_t site = 1;
  while (site < table->site_count && table->sites[site] != address) site++;
  if (site == SITES) return 0;
  if (site == table->site_count) {
    table->site_count++;
    table->sites[site] = address;
  }
  return site;
}

/* Follow the way into the caller, from it into its calls, and back. */
static void follow(struct table *table, uint64_t address) {
  const int inside = address >= table->low && address < table->high;
  if (inside) {
    if (!table->inside && !table->site) table->leaves_to = table->next;
    table->site = 0;
  } else if (address == table->leaves_to) {
    table->site = 0;
  } else if (table->inside) {
    table->site = site_of(table, table->next);
  }
  table->inside = (uint64_t)inside;
}

/* A block's key is its site, address and size; none is 0, for a size is never 0. */
void watch_block(void *cpu, uint64_t address, uint32_t size, void *data) {
  struct table *table = data;
  (void)cpu;
  follow(table, address);
  const uint64_t key = table->site << 52 | address << 20 | size;
  uint32_t slot = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 48) % SLOTS;
  table->jumps[table->site] += address != table->next;
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
