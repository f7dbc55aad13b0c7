/* A naive memory manager: what one writes to emulate Linux's stacks in an afternoon. It knows
 * private anonymous areas at fixed addresses, faults, growth and RLIMIT_STACK, and it has three
 * mistakes (look for MISTAKE). Compiled with -DNAIVE_CORRECT it has none.
 *
 *     cc -shared -fPIC -o libnaive.so naive.c
 *     growsdown conform --on plugin:libnaive.so
 *
 * docs/tutorial-own-system.md tells its story. */
#include <growsdown/system.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096ULL
#define PROGRAM 0x400000ULL /* lies between the two windows in which a trace lives */
#define GAP (256 * PAGE)
#define GROWS GROWSDOWN_AREA_GROWSDOWN
#define RIGHTS (GROWSDOWN_READ | GROWSDOWN_WRITE | GROWSDOWN_EXEC)

struct memory {
  struct growsdown_area *areas; /* by address; .anon says whose pages may be mixed */
  struct growsdown_page *pages; /* by address */
  size_t area_count, area_room, page_count, page_room;
  uint64_t min_address, max_areas, stack_limit, last_anon;
};

/* --- two sorted arrays */

/* Puts `count` new elements in the place of `old` ones at `at`. */
static void splice(void **array, size_t size, size_t *length, size_t *room, size_t at, size_t old,
                   const void *with, size_t count) {
  if (*length - old + count > *room) {
    *room = 2 * (*length + count);
    *array = realloc(*array, *room * size);
    if (*array == NULL) abort();
  }
  char *to = (char *)*array + at * size;
  memmove(to + count * size, to + old * size, (*length - at - old) * size);
  if (count != 0) memcpy(to, with, count * size);
  *length = *length - old + count;
}

static void replace_areas(struct memory *m, size_t at, size_t old, const struct growsdown_area *with,
                          size_t count) {
  splice((void **)&m->areas, sizeof *with, &m->area_count, &m->area_room, at, old, with, count);
}

/* The first area that ends above the address, as Linux's find_vma. */
static size_t find(const struct memory *m, uint64_t address) {
  size_t i = 0;
  while (i < m->area_count && m->areas[i].end <= address)
    i++;
  return i;
}

static size_t find_page(const struct memory *m, uint64_t address) {
  size_t low = 0, high = m->page_count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (m->pages[middle].address < address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void drop_pages(struct memory *m, uint64_t start, uint64_t end) {
  const size_t from = find_page(m, start);
  splice((void **)&m->pages, sizeof *m->pages, &m->page_count, &m->page_room, from,
         find_page(m, end) - from, NULL, 0);
}

/* --- areas */

/* An area that lies across the address becomes two. */
static void split(struct memory *m, uint64_t address) {
  const size_t i = find(m, address);
  if (i == m->area_count || m->areas[i].start >= address) return;
  struct growsdown_area halves[2] = {m->areas[i], m->areas[i]};
  halves[0].end = halves[1].start = address;
  replace_areas(m, i, 1, halves, 2);
}

static void remove_range(struct memory *m, uint64_t start, uint64_t end) {
  split(m, start);
  split(m, end);
  const size_t from = find(m, start);
  replace_areas(m, from, find(m, end) - from, NULL, 0);
}

/* munmap must not make more areas than there may be: a hole makes one more. */
static bool may_make_hole(const struct memory *m, uint64_t start, uint64_t end) {
  const size_t i = find(m, start);
  return i == m->area_count || m->areas[i].start >= start || m->areas[i].end <= end ||
         m->area_count < m->max_areas;
}

static bool mixes(uint64_t a, uint64_t b) {
  return a == 0 || b == 0 || a == b;
}

/* A new area becomes one with neighbours of the same kind, if their pages may be mixed. */
static void insert(struct memory *m, struct growsdown_area area) {
  size_t at = find(m, area.start), old = 0;
  const struct growsdown_area *below = at > 0 ? &m->areas[at - 1] : NULL;
  const struct growsdown_area *above = at < m->area_count ? &m->areas[at] : NULL;
  if (below && (below->end != area.start || below->flags != area.flags)) below = NULL;
  if (above && (above->start != area.end || above->flags != area.flags)) above = NULL;
  if (below && above && !mixes(below->anon, above->anon)) above = NULL;
  if (below) {
    area.start = below->start;
    area.anon = below->anon;
    at--, old++;
  }
  if (above) {
    area.end = above->end;
    if (area.anon == 0) area.anon = above->anon;
    old++;
  }
  replace_areas(m, at, old, &area, 1);
}

/* Only writable memory is charged; Linux asks whether that is the same on both sides. */
static bool lends(const struct growsdown_area *to, const struct growsdown_area *from) {
  return from->anon != 0 &&
         ((to->flags ^ from->flags) & (GROWS | GROWSDOWN_WRITE)) == 0;
}

/* The first write, or growth, decides whose pages an area's pages may be mixed with. */
static void prepare(struct memory *m, size_t i) {
  struct growsdown_area *area = &m->areas[i];
  if (area->anon != 0) return;
  if (i + 1 < m->area_count && area[1].start == area->end && lends(area, &area[1]))
    area->anon = area[1].anon;
  else if (i > 0 && area[-1].end == area->start && lends(area, &area[-1]))
    area->anon = area[-1].anon;
  else
    area->anon = ++m->last_anon;
}

/* --- steps */

static uint32_t do_mmap(struct memory *m, const struct growsdown_step *s) {
  const uint64_t length = (s->length + PAGE - 1) & ~(PAGE - 1);
  if (s->length == 0) return EINVAL;
  if (m->area_count > m->max_areas) return ENOMEM;
  if (s->address % PAGE != 0) return EINVAL;
  if (!may_make_hole(m, s->address, s->address + length)) return ENOMEM;
  remove_range(m, s->address, s->address + length);
#ifdef NAIVE_CORRECT
  drop_pages(m, s->address, s->address + length); /* MISTAKE 3: what was mapped there shows through */
#endif
  struct growsdown_area area = {.start = s->address, .end = s->address + length, .flags = s->prot};
  if (s->flags & GROWSDOWN_GROWSDOWN) area.flags |= GROWS;
  insert(m, area);
  return 0;
}

static uint32_t do_munmap(struct memory *m, const struct growsdown_step *s) {
  const uint64_t end = s->address + ((s->length + PAGE - 1) & ~(PAGE - 1));
  if (s->length == 0 || s->address % PAGE != 0) return EINVAL;
  if (!may_make_hole(m, s->address, end)) return ENOMEM;
  remove_range(m, s->address, end);
  drop_pages(m, s->address, end);
  return 0;
}

/* Grows area i down to the page. */
static bool grow(struct memory *m, size_t i, uint64_t page) {
  struct growsdown_area *area = &m->areas[i];
  const struct growsdown_area *below = i > 0 ? area - 1 : NULL;
  if (page < m->min_address) return false;
#ifdef NAIVE_CORRECT
  const uint64_t gap = GAP;
#else
  const uint64_t gap = PAGE; /* MISTAKE 1: one guard page, as Linux had it before Stack Clash */
#endif
  if (below && (below->flags & RIGHTS) && !(below->flags & GROWS) && page - below->end < gap)
    return false;
  prepare(m, i);
#ifdef NAIVE_CORRECT
  if (area->end - page > m->stack_limit) return false;
#else
  if (area->end - area->start > m->stack_limit) return false; /* MISTAKE 2: the size before */
#endif
  area->start = page;
  return true;
}

static uint32_t do_touch(struct memory *m, const struct growsdown_step *s, uint64_t address) {
  const uint64_t page = address & ~(PAGE - 1);
  const size_t i = find(m, address);
  if (i == m->area_count) return GROWSDOWN_SEGV_MAPERR;
  if (address < PROGRAM && m->areas[i].start > PROGRAM) return GROWSDOWN_SEGV_MAPERR;
  const uint32_t needs = s->access == GROWSDOWN_ACCESS_WRITE  ? GROWSDOWN_WRITE
                         : s->access == GROWSDOWN_ACCESS_EXEC ? GROWSDOWN_EXEC
                                                              : RIGHTS;
  if (m->areas[i].start > address) {
    if (!(m->areas[i].flags & GROWS)) return GROWSDOWN_SEGV_MAPERR;
    if (!grow(m, i, page)) return GROWSDOWN_SEGV_MAPERR;
  }
  if ((m->areas[i].flags & needs) == 0) return GROWSDOWN_SEGV_ACCERR;
  if (s->access == GROWSDOWN_ACCESS_WRITE) prepare(m, i);
  const size_t at = find_page(m, page);
  if (at == m->page_count || m->pages[at].address != page) {
    const struct growsdown_page present = {.address = page};
    splice((void **)&m->pages, sizeof present, &m->page_count, &m->page_room, at, 0, &present, 1);
  }
  return 0;
}

/* --- the interface */

static void *create(const struct growsdown_start *start, const char **why) {
  if (start->page != PAGE || start->initial != NULL) {
    *why = "only empty address spaces with pages of 4 KiB";
    return NULL;
  }
  struct memory *m = calloc(1, sizeof *m);
  if (m == NULL) return NULL;
  m->min_address =
      start->min_addr > start->lsm_min_addr ? start->min_addr : start->lsm_min_addr;
  m->max_areas = start->max_map_count;
  m->stack_limit = 8 << 20;
  return m;
}

static void destroy(void *system) {
  struct memory *m = system;
  free(m->areas);
  free(m->pages);
  free(m);
}

static bool in_windows(uint64_t address, uint64_t length) {
  const uint64_t end = address < 0x200000 ? 0x200000 : 0x2000000000;
  return (address < 0x200000 || address >= 0x800000000) && address < end && length <= end - address;
}

static void apply(void *system, const struct growsdown_step *s, struct growsdown_outcome *o) {
  struct memory *m = system;
  const bool range = s->op == GROWSDOWN_MMAP || s->op == GROWSDOWN_MUNMAP;
  if (s->op != GROWSDOWN_LIMIT && !in_windows(s->address, range ? s->length : 0)) {
    o->reason = "outside of the windows";
    return;
  }
  switch (s->op) {
  case GROWSDOWN_LIMIT:
    if (s->limit != GROWSDOWN_LIMIT_STACK) {
      o->reason = "no limit but that of stacks";
      return;
    }
    m->stack_limit = s->length;
    break;
  case GROWSDOWN_MMAP:
    if ((s->flags & ~GROWSDOWN_GROWSDOWN) != GROWSDOWN_FIXED) {
      o->reason = "private areas at fixed addresses only";
      return;
    }
    o->error = do_mmap(m, s);
    o->address = s->address;
    break;
  case GROWSDOWN_MUNMAP:
    o->error = do_munmap(m, s);
    break;
  default: { /* a touch; an instruction lies at a multiple of four */
    const uint64_t align = s->access == GROWSDOWN_ACCESS_EXEC ? ~3ULL : ~0ULL;
    o->signal = do_touch(m, s, s->address & align);
    o->address = s->address & align;
    o->has_address = 1;
  }
  }
  o->kind = o->error != 0    ? GROWSDOWN_ERROR
            : o->signal != 0 ? GROWSDOWN_SIGNAL
            : s->op == GROWSDOWN_MMAP ? GROWSDOWN_OK_AT
                                      : GROWSDOWN_OK;
}

static void state(void *system, struct growsdown_state *s) {
  struct memory *m = system;
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

GROWSDOWN_EXPORT const struct growsdown_system *growsdown_open(uint32_t abi) {
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
      .destroy = destroy,
  };
  return abi >= GROWSDOWN_ABI ? &naive : NULL;
}
