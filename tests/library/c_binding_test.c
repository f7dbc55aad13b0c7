/* The C binding, from C: every function, what it answers to good and bad arguments, and structures of
 * other sizes. */
#include "growsdown/address_space.h"
#include "growsdown/system.h" /* both headers may be included */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks, failures;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    ++checks;                                                                                      \
    if (!(condition)) {                                                                            \
      ++failures;                                                                                  \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                              \
    }                                                                                              \
  } while (0)

enum {
  rw = 3,
  sharedMapping = 0x21,
  privateMapping = 0x22,
  fixedMapping = 0x32,
  stackMapping = 0x132,
  populated = 0x8000,
  errEperm = -1,
  errEagain = -11,
  errEnomem = -12,
  errEfault = -14,
  errEexist = -17,
  errEinval = -22
};
static const uint64_t page = 4096;
static const uint64_t base = 0x1000000000;

static struct growsdown_space* make(const char* rules,
                                    const struct growsdown_space_options* options) {
  char why[200] = "";
  struct growsdown_space* space = growsdown_space_create(rules, options, why, sizeof why);
  if (space == NULL) {
    fprintf(stderr, "%s\n", why);
    exit(1);
  }
  return space;
}

static struct growsdown_space_options defaults(void) {
  struct growsdown_space_options options;
  options.size = sizeof options;
  growsdown_space_default_options(&options);
  return options;
}

static void creation(void) {
  char why[200] = "";
  struct growsdown_space_options options = defaults();
  struct growsdown_space* space;
  CHECK(growsdown_space_version() == GROWSDOWN_SPACE_VERSION);
  CHECK(growsdown_space_create("linux-9.9-arm64", NULL, why, sizeof why) == NULL);
  CHECK(strstr(why, "linux-9.9-arm64") != NULL);
  CHECK(growsdown_space_create("linux-9.9-arm64", NULL, NULL, 0) == NULL);
  CHECK(growsdown_space_create(NULL, NULL, why, 5) == NULL);
  CHECK(strcmp(why, "grow") == 0);
  options.page_size = 65536;
  CHECK(growsdown_space_create("linux-6.12-amd64", &options, why, sizeof why) == NULL);
  CHECK(strstr(why, "65536") != NULL);
  options = defaults();
  options.knobs = "gap-pages=16,no-such-knob=1";
  CHECK(growsdown_space_create("linux-6.12-amd64", &options, why, sizeof why) == NULL);
  options.knobs = "gap-pages";
  CHECK(growsdown_space_create("linux-6.12-amd64", &options, why, sizeof why) == NULL);

  options = defaults();
  options.page_size = 16384;
  options.address_bits = 47;
  options.knobs = "gap-pages=16,inaccessible-exempt=false";
  space = make("linux-6.12-arm64", &options);
  CHECK(growsdown_space_page_size(space) == 16384);
  CHECK(growsdown_space_end(space) == (uint64_t)1 << 47);
  CHECK(growsdown_space_mmap_base(space) < growsdown_space_end(space));
  growsdown_space_destroy(space);
  growsdown_space_destroy(NULL);

  /* A caller that was compiled with an older header knows fewer members. */
  options = defaults();
  options.size = offsetof(struct growsdown_space_options, stack_guard_gap);
  options.stack_guard_gap = 1; /* would be refused */
  options.page_size = 4096;
  space = make("linux-6.12-amd64", &options);
  growsdown_space_destroy(space);
}

static void calls(void) {
  struct growsdown_space* s = make("linux-6.12-amd64", NULL);
  uint8_t resident[8] = {9, 9, 9, 9, 9, 9, 9, 9};
  CHECK(growsdown_space_placement(s, 0, 2 * page, privateMapping) ==
        (int64_t)(growsdown_space_mmap_base(s) - 2 * page));
  CHECK(growsdown_space_mmap(s, 0, 2 * page, rw, privateMapping) ==
        (int64_t)(growsdown_space_mmap_base(s) - 2 * page));
  CHECK(growsdown_space_mmap(s, base, 4 * page, rw, fixedMapping | populated) == (int64_t)base);
  CHECK(growsdown_space_mmap(s, base, 0, rw, fixedMapping) == errEinval);
  CHECK(growsdown_space_mmap(s, page, page, rw, fixedMapping) == errEperm);
  CHECK(growsdown_space_mmap(s, base, page, rw, 0x100022) == errEexist);
  CHECK(growsdown_space_mincore(s, base, 4 * page, resident, 4) == 0);
  CHECK(resident[0] == 1 && resident[3] == 1);
  CHECK(growsdown_space_mincore(s, base, 4 * page, resident, 3) == GROWSDOWN_SPACE_INVALID);
  CHECK(growsdown_space_mincore(s, base, 8 * page, resident, 8) == errEnomem);
  CHECK(growsdown_space_madvise(s, base, page, 4) == 0);
  CHECK(growsdown_space_mincore(s, base, 1, resident, 1) == 0 && resident[0] == 0);
  CHECK(growsdown_space_mprotect(s, base, 8 * page, 1) == errEnomem);
  CHECK(growsdown_space_mprotect(s, base, page, 1) == 0);
  CHECK(growsdown_space_mlock(s, base, page) == 0);
  CHECK(growsdown_space_munlock(s, base, page) == 0);
  CHECK(growsdown_space_set_limit(s, GROWSDOWN_SPACE_LIMIT_MEMLOCK, page) == 0);
  CHECK(growsdown_space_mmap(s, base + 64 * page, 2 * page, rw, fixedMapping | 0x2000) ==
        errEagain);
  CHECK(growsdown_space_set_limit(s, 9, page) == GROWSDOWN_SPACE_INVALID);
  CHECK(growsdown_space_mremap(s, base, page, page, 3, base + 8 * page) ==
        (int64_t)(base + 8 * page));
  CHECK(growsdown_space_mremap(s, base, page, page, 1, 0) == errEfault);
  CHECK(growsdown_space_munmap(s, base, 16 * page) == 0);
  CHECK(growsdown_space_drop_capabilities(s) == 0);

  CHECK(growsdown_space_mmap(s, base, page, rw, 0x40022) == GROWSDOWN_SPACE_UNSUPPORTED);
  CHECK(strcmp(growsdown_space_message(s), "growsdown: the flag of mmap 0x40000 is not covered") ==
        0);
  CHECK(growsdown_space_madvise(s, base, page, 8) == GROWSDOWN_SPACE_UNSUPPORTED);
  growsdown_space_destroy(s);
}

static void names(void) {
  CHECK(strcmp(growsdown_space_error_name(errEnomem), "ENOMEM") == 0);
  CHECK(strcmp(growsdown_space_error_name(0), "success") == 0);
  CHECK(strcmp(growsdown_space_error_name(0x1000), "success") == 0);
  CHECK(strcmp(growsdown_space_error_name(-77), "unknown error") == 0);
  CHECK(strcmp(growsdown_space_error_name(GROWSDOWN_SPACE_UNSUPPORTED), "UNSUPPORTED") == 0);
  CHECK(strcmp(growsdown_space_error_name(GROWSDOWN_SPACE_EXHAUSTED), "EXHAUSTED") == 0);
  CHECK(strcmp(growsdown_space_error_name(GROWSDOWN_SPACE_NO_MEMORY), "NO_MEMORY") == 0);
  CHECK(strcmp(growsdown_space_error_name(GROWSDOWN_SPACE_INVALID), "INVALID") == 0);
}

static void accesses(void) {
  struct growsdown_space* s = make("linux-6.12-amd64", NULL);
  struct growsdown_space_answer answer = {.size = sizeof answer};
  struct growsdown_space_pages pages = {.size = sizeof pages};
  CHECK(growsdown_space_mmap(s, base + 64 * page, page, rw, stackMapping) > 0);
  CHECK(growsdown_space_prepare_fault(s) == 0);
  CHECK(growsdown_space_fault(s, base + 60 * page + 5, GROWSDOWN_SPACE_WRITE, &answer) == 0);
  CHECK(answer.signal == 0 && answer.page_start == base + 60 * page && answer.page_prot == 3 &&
        answer.page_kind == GROWSDOWN_SPACE_ANONYMOUS && answer.changed == 1);
  CHECK(growsdown_space_changed(s, 0, &pages) == 1 && pages.start == base + 60 * page &&
        pages.end == base + 61 * page && pages.prot == 3);
  CHECK(growsdown_space_changed(s, 1, &pages) == 0);
  CHECK(growsdown_space_fault(s, base + 65 * page, GROWSDOWN_SPACE_READ, &answer) == 0);
  CHECK(answer.signal == 11 && answer.code == 1 && answer.address == base + 65 * page);
  CHECK(growsdown_space_fault(s, base + 60 * page, GROWSDOWN_SPACE_EXEC, &answer) == 0);
  CHECK(answer.signal == 11 && answer.code == 2);
  CHECK(growsdown_space_fault(s, base, 7, &answer) == GROWSDOWN_SPACE_INVALID);
  CHECK(growsdown_space_kernel_access(s, base + 59 * page, GROWSDOWN_SPACE_WRITE) == 0);
  CHECK(growsdown_space_pin_page(s, base + 59 * page, GROWSDOWN_SPACE_READ) == 0);
  CHECK(growsdown_space_pin_page(s, base + 58 * page, GROWSDOWN_SPACE_READ) == errEfault);
  CHECK(growsdown_space_set_stack_pointer(s, base) == 0);

  /* Only the first two members are known. */
  answer.size = offsetof(struct growsdown_space_answer, code);
  answer.code = 12345;
  CHECK(growsdown_space_fault(s, base + 70 * page, GROWSDOWN_SPACE_READ, &answer) == 0);
  CHECK(answer.signal == 11 && answer.code == 12345);
  CHECK(answer.size == offsetof(struct growsdown_space_answer, code));
  growsdown_space_destroy(s);
}

static void questions(void) {
  struct growsdown_space* s = make("linux-6.12-amd64", NULL);
  struct growsdown_space* twin;
  struct growsdown_space_area area = {.size = sizeof area};
  struct growsdown_space_pages pages = {.size = sizeof pages};
  struct growsdown_space_counters counters = {.size = sizeof counters};
  CHECK(growsdown_space_next_area(s, 0, &area) == 0);
  CHECK(growsdown_space_mmap(s, base, 3 * page, rw, fixedMapping | populated) > 0);
  CHECK(growsdown_space_mmap(s, base + 8 * page, page, 1, sharedMapping | 0x10) > 0);
  CHECK(growsdown_space_next_area(s, 0, &area) == 1 && area.start == base &&
        area.end == base + 3 * page && area.prot == 3 && area.shown_start == base &&
        area.flags == GROWSDOWN_SPACE_AREA_ACCOUNTED && area.object == 0);
  CHECK(growsdown_space_next_area(s, area.end, &area) == 1 && area.start == base + 8 * page &&
        area.flags == GROWSDOWN_SPACE_AREA_SHARED && area.object == 1);
  CHECK(growsdown_space_next_area(s, area.end, &area) == 0);
  CHECK(growsdown_space_next_pages(s, 0, UINT64_MAX, &pages) == 1 && pages.start == base &&
        pages.end == base + 3 * page && pages.kind == GROWSDOWN_SPACE_ANONYMOUS);
  CHECK(growsdown_space_next_pages(s, base + page, base + 2 * page, &pages) == 1 &&
        pages.start == base + page && pages.end == base + 2 * page);
  CHECK(growsdown_space_next_pages(s, pages.end + page, UINT64_MAX, &pages) == 0);
  growsdown_space_get_counters(s, &counters);
  CHECK(counters.total == 4 * page && counters.anonymous == 3 * page && counters.areas == 2);

  twin = growsdown_space_clone(s);
  CHECK(growsdown_space_fork(twin) == 0);
  CHECK(growsdown_space_munmap(s, base, 3 * page) == 0);
  CHECK(growsdown_space_next_pages(twin, 0, UINT64_MAX, &pages) == 1 && pages.prot == 1);
  growsdown_space_destroy(s);
  growsdown_space_destroy(twin);
}

struct seen {
  unsigned maps, protects, moves, unmaps;
  uint64_t start, from;
  uint32_t contents;
};
static void onMap(void* context, const struct growsdown_space_pages* pages, uint32_t contents) {
  struct seen* seen = context;
  ++seen->maps;
  seen->start = pages->start;
  seen->contents = contents;
}
static void onProtect(void* context, const struct growsdown_space_pages* pages) {
  struct seen* seen = context;
  ++seen->protects;
  seen->start = pages->start;
}
static void onMove(void* context, uint64_t from, const struct growsdown_space_pages* pages) {
  struct seen* seen = context;
  ++seen->moves;
  seen->from = from;
  seen->start = pages->start;
}
static void onUnmap(void* context, uint64_t start, uint64_t end) {
  struct seen* seen = context;
  ++seen->unmaps;
  seen->start = start;
  seen->from = end;
}

static void observers(void) {
  struct growsdown_space* s = make("linux-6.12-amd64", NULL);
  struct seen seen = {0};
  struct growsdown_space_observer observer = {.size = sizeof observer,
                                              .context = &seen,
                                              .map = onMap,
                                              .protect = onProtect,
                                              .move = onMove,
                                              .unmap = onUnmap};
  CHECK(growsdown_space_observe(s, &observer) == 0);
  CHECK(growsdown_space_mmap(s, base, 2 * page, rw, fixedMapping | populated) > 0);
  CHECK(seen.maps == 1 && seen.start == base && seen.contents == GROWSDOWN_SPACE_ZEROS);
  CHECK(growsdown_space_mprotect(s, base + page, page, 1) == 0);
  CHECK(seen.protects == 1 && seen.start == base + page);
  CHECK(growsdown_space_mremap(s, base, page, page, 3, base + 8 * page) > 0);
  CHECK(seen.moves == 1 && seen.from == base && seen.start == base + 8 * page);
  CHECK(growsdown_space_munmap(s, base, 16 * page) == 0);
  CHECK(seen.unmaps == 2 && seen.start == base + 8 * page && seen.from == base + 9 * page);
  observer.map = NULL;
  CHECK(growsdown_space_observe(s, &observer) == 0);
  CHECK(growsdown_space_mmap(s, base, page, rw, fixedMapping | populated) > 0);
  CHECK(growsdown_space_observe(s, NULL) == 0);
  CHECK(growsdown_space_munmap(s, base, page) == 0);
  CHECK(seen.maps == 1 && seen.unmaps == 2);
  growsdown_space_destroy(s);
}

static void exhaustion(void) {
  struct growsdown_space_options options = defaults();
  struct growsdown_space* s;
  struct growsdown_space_answer answer = {.size = sizeof answer};
  options.memory = 2 * page;
  s = make("linux-6.12-amd64", &options);
  CHECK(growsdown_space_mmap(s, base, 4 * page, rw, fixedMapping) > 0);
  CHECK(growsdown_space_fault(s, base, GROWSDOWN_SPACE_WRITE, &answer) == 0);
  CHECK(growsdown_space_fault(s, base + page, GROWSDOWN_SPACE_WRITE, &answer) == 0);
  CHECK(growsdown_space_fault(s, base + 2 * page, GROWSDOWN_SPACE_WRITE, &answer) ==
        GROWSDOWN_SPACE_EXHAUSTED);
  CHECK(growsdown_space_munmap(s, base, page) == GROWSDOWN_SPACE_EXHAUSTED);
  CHECK(strstr(growsdown_space_message(s), "exhausted") != NULL);
  growsdown_space_destroy(s);
}

int main(void) {
  creation();
  calls();
  names();
  accesses();
  questions();
  observers();
  exhaustion();
  printf("%u checks, %u failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
