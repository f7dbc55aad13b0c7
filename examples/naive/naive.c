/* A naive memory manager, such as one might write in an afternoon to emulate Linux's stacks. It
 * supports private anonymous areas at fixed addresses, faults, growth and RLIMIT_STACK. It has
 * three mistakes, each marked MISTAKE. Compiled with -DNAIVE_CORRECT it has none.
 *
 *     cc -shared -fPIC -o libnaive.so naive.c
 *     growsdown conform --on plugin:libnaive.so
 *
 * docs/tutorial-own-system.md describes it. */
#include <growsdown/system.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 256 }; /* areas, and present pages */
#define PAGE 4096ULL
#define LOWER_END                                                                                  \
  0x200000ULL /* addresses of a trace lie in two windows; the program lies between them */
#define UPPER_START 0x800000000ULL
#define UPPER_END 0x2000000000ULL
#define GROWS GROWSDOWN_AREA_GROWSDOWN
#define RIGHTS (GROWSDOWN_READ | GROWSDOWN_WRITE | GROWSDOWN_EXEC)

struct memory {
  struct growsdown_area areas[MOST]; /* by address */
  struct growsdown_page pages[MOST]; /* by address */
  size_t area_count, page_count;
  uint64_t stack_limit, min_address;
};

static uint64_t page_of(uint64_t address) {
  return address & ~(PAGE - 1);
}

/* --- two sorted arrays */

/* The first area that ends above the address, like Linux's find_vma. */
static size_t find_area(const struct memory* m, uint64_t address) {
  size_t i = 0;
  while (i < m->area_count && m->areas[i].end <= address)
    i++;
  return i;
}

/* The first present page at or above the address. */
static size_t find_page(const struct memory* m, uint64_t address) {
  size_t i = 0;
  while (i < m->page_count && m->pages[i].address < address)
    i++;
  return i;
}

static void insert_area(struct memory* m, struct growsdown_area area) {
  const size_t at = find_area(m, area.start);
  memmove(&m->areas[at + 1], &m->areas[at], (m->area_count++ - at) * sizeof area);
  m->areas[at] = area;
}

static void insert_page(struct memory* m, uint64_t address) {
  const size_t at = find_page(m, address);
  if (at < m->page_count && m->pages[at].address == address) return;
  memmove(&m->pages[at + 1], &m->pages[at], (m->page_count++ - at) * sizeof *m->pages);
  m->pages[at] = (struct growsdown_page){.address = address};
}

static void remove_pages(struct memory* m, uint64_t start, uint64_t end) {
  const size_t from = find_page(m, start), to = find_page(m, end);
  memmove(&m->pages[from], &m->pages[to], (m->page_count - to) * sizeof *m->pages);
  m->page_count -= to - from;
}

/* Splits the area that contains the address, unless it starts there. */
static void split_area(struct memory* m, uint64_t address) {
  const size_t i = find_area(m, address);
  if (i == m->area_count || m->areas[i].start >= address) return;
  struct growsdown_area lower = m->areas[i];
  lower.end = m->areas[i].start = address;
  insert_area(m, lower);
}

static void remove_areas(struct memory* m, uint64_t start, uint64_t end) {
  split_area(m, start);
  split_area(m, end);
  const size_t from = find_area(m, start), to = find_area(m, end);
  memmove(&m->areas[from], &m->areas[to], (m->area_count - to) * sizeof *m->areas);
  m->area_count -= to - from;
}

/* --- steps: each returns 0, or an errno or signal */

static uint32_t do_mmap(struct memory* m, const struct growsdown_step* s, uint64_t end) {
  if (s->length == 0 || s->address % PAGE != 0) return EINVAL;
  struct growsdown_area area = {.start = s->address, .end = end, .flags = s->prot};
  if (s->flags & GROWSDOWN_GROWSDOWN) area.flags |= GROWS;
  remove_areas(m, area.start, area.end);
#ifdef NAIVE_CORRECT
  remove_pages(m, area.start, area.end); /* MISTAKE 3: old pages stay visible in the new area */
#endif
  insert_area(m, area);
  return 0;
}

static uint32_t do_munmap(struct memory* m, const struct growsdown_step* s, uint64_t end) {
  if (s->length == 0 || s->address % PAGE != 0) return EINVAL;
  remove_areas(m, s->address, end);
  remove_pages(m, s->address, end);
  return 0;
}

/* Grows area i down to the page. Returns false if it must not grow. */
static bool grow(struct memory* m, size_t i, uint64_t page) {
  struct growsdown_area* area = &m->areas[i];
  const struct growsdown_area* below = i > 0 ? area - 1 : NULL;
#ifdef NAIVE_CORRECT
  const uint64_t gap = 256 * PAGE, size = area->end - page;
#else
  const uint64_t gap = PAGE; /* MISTAKE 1: one guard page, as in Linux before Stack Clash */
  const uint64_t size = area->end - area->start; /* MISTAKE 2: the size before it grows */
#endif
  if (below && (below->flags & RIGHTS) && !(below->flags & GROWS) && page - below->end < gap)
    return false;
  if (page < m->min_address || size > m->stack_limit) return false;
  area->start = page;
  return true;
}

static uint32_t do_touch(struct memory* m, uint8_t access, uint64_t address) {
  const size_t i = find_area(m, address);
  if (i == m->area_count) return GROWSDOWN_SEGV_MAPERR;
  struct growsdown_area* area = &m->areas[i];
  if (address < LOWER_END && area->start >= UPPER_START) return GROWSDOWN_SEGV_MAPERR;
  if (area->start > address && !((area->flags & GROWS) && grow(m, i, page_of(address))))
    return GROWSDOWN_SEGV_MAPERR;
  const uint32_t needs = access == GROWSDOWN_ACCESS_READ    ? RIGHTS /* any of them */
                         : access == GROWSDOWN_ACCESS_WRITE ? GROWSDOWN_WRITE
                                                            : GROWSDOWN_EXEC;
  if ((area->flags & needs) == 0) return GROWSDOWN_SEGV_ACCERR;
  insert_page(m, page_of(address));
  return 0;
}

/* --- the interface */

static void* create(const struct growsdown_start* start, const char** why) {
  struct memory* m = NULL;
  if (start->page != PAGE || start->max_map_count < MOST || start->initial != NULL)
    *why = "starts only with an empty address space, 4 KiB pages and a large max_map_count";
  else
    m = calloc(1, sizeof *m);
  if (m == NULL) return NULL;
  m->stack_limit = 8 << 20;
  m->min_address = start->min_addr > start->lsm_min_addr ? start->min_addr : start->lsm_min_addr;
  return m;
}

/* Why the step is not supported, or NULL. */
static const char* beyond(const struct memory* m, const struct growsdown_step* s, uint64_t end) {
  if (s->op == GROWSDOWN_LIMIT)
    return s->limit == GROWSDOWN_LIMIT_STACK ? NULL : "only the stack limit is supported";
  if (s->length > UPPER_END || end > UPPER_END || (s->address < UPPER_START && end > LOWER_END))
    return "an address outside the windows";
  if (m->area_count + 3 > MOST || m->page_count == MOST) return "too many areas or pages";
  if (s->op != GROWSDOWN_MMAP) return NULL;
  if ((s->flags & ~GROWSDOWN_GROWSDOWN) != GROWSDOWN_FIXED)
    return "only private areas at fixed addresses are supported";
  const uint32_t flags = s->prot | (s->flags & GROWSDOWN_GROWSDOWN ? GROWS : 0);
  for (size_t i = 0; i < m->area_count; i++)
    if (m->areas[i].flags == flags && m->areas[i].start <= end && m->areas[i].end >= s->address)
      return "adjacent areas with the same flags, which may have to merge";
  return NULL;
}

static void apply(void* system, const struct growsdown_step* s, struct growsdown_outcome* o) {
  struct memory* m = system;
  const bool touch = s->op == GROWSDOWN_TOUCH;
  const uint64_t end = s->address + (touch ? 1 : page_of(s->length + PAGE - 1));
  o->reason = beyond(m, s, end);
  if (o->reason != NULL) return;
  /* An instruction lies at a multiple of four. */
  o->address = touch && s->access == GROWSDOWN_ACCESS_EXEC ? s->address & ~3ULL : s->address;
  o->has_address = 1;
  if (s->op == GROWSDOWN_LIMIT) m->stack_limit = s->length;
  if (s->op == GROWSDOWN_MMAP) o->error = do_mmap(m, s, end);
  if (s->op == GROWSDOWN_MUNMAP) o->error = do_munmap(m, s, end);
  if (touch) o->signal = do_touch(m, s->access, o->address);
  o->kind = o->error    ? GROWSDOWN_ERROR
            : o->signal ? GROWSDOWN_SIGNAL
                        : (s->op == GROWSDOWN_MMAP ? GROWSDOWN_OK_AT : GROWSDOWN_OK);
}

static void state(void* system, struct growsdown_state* s) {
  struct memory* m = system;
  s->areas = m->areas;
  s->area_count = m->area_count;
  s->pages = m->pages;
  s->page_count = m->page_count;
  for (size_t i = 0; i < m->area_count; i++) {
    const int64_t pages = (int64_t)((m->areas[i].end - m->areas[i].start) / PAGE);
    s->counters.total += pages;
    if (m->areas[i].flags & GROWS) s->counters.stack += pages;
  }
}

GROWSDOWN_EXPORT const struct growsdown_system* growsdown_open(uint32_t abi) {
  static const struct growsdown_system naive = {
      GROWSDOWN_HEADER,
      .name = "naive",
      .rules = "linux-6.12-arm64",
      .shows = GROWSDOWN_SHOWS_AREAS | GROWSDOWN_SHOWS_START | GROWSDOWN_SHOWS_FLAGS |
               GROWSDOWN_SHOWS_PAGES | GROWSDOWN_SHOWS_TOTAL | GROWSDOWN_SHOWS_STACK,
      .does = 1U << GROWSDOWN_LIMIT | 1U << GROWSDOWN_MMAP | 1U << GROWSDOWN_MUNMAP |
              1U << GROWSDOWN_TOUCH,
      .create = create,
      .apply = apply,
      .state = state,
      .destroy = free,
  };
  return abi >= GROWSDOWN_ABI ? &naive : NULL;
}
