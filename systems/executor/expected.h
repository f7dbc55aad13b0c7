// Compares what a step shows with what its trace expects.
#pragma once

#include "base.h"
#include "observe.h"
#include "place.h"
#include "text.h"

static void putObserved(void) {
  for (unsigned i = 0; i < seen.areaCount; ++i) {
    put("= map ");
    putAddress(seen.areas[i].start);
    put("-");
    putAddress(seen.areas[i].end);
    put(" ");
    put(seen.areas[i].rights);
    put("\n");
  }
  const struct {
    const char* name;
    int64_t value;
  } counters[] = {{"= pages size ", seen.counters.total - trace.start.total},
                  {" stack ", seen.counters.stack - trace.start.stack},
                  {" locked ", seen.counters.locked - trace.start.locked},
                  {" data ", seen.counters.data - trace.start.data}};
  for (unsigned i = 0; i < sizeof counters / sizeof *counters; ++i) {
    put(counters[i].name);
    putSigned(counters[i].value);
  }
  put(" resident ");
  putDecimal(seen.resident);
  if (!trace.forked && !trace.elsewhere) {
    put(" tables ");
    putSigned(seen.counters.tables - trace.start.tables);
  }
  put("\n");
  if (!seen.touched || trace.forked) return;
  put("= faults ");
  putDecimal((u64)seen.faults);
  put("\n");
}

static size_t lineLength(const char* text) {
  return strcspn(text, "\n");
}

static unsigned mapLines(const char* text) {
  unsigned count = 0;
  for (; (text = strstr(text, "= map")); ++text)
    ++count;
  return count;
}

// Whether each expected line was observed, and no other area if the trace lists all areas. Lines
// about parts that this machine does not show are skipped.
static int agrees(const char* expected, const char* observed) {
  const unsigned hidden = ~place.shows & ((1U << pagesPart) | ((1U << tablesPart) - 1));
  for (const char* e = expected; *e; e += lineLength(e) + 1) {
    const size_t size = lineLength(e);
    if (hidden && strncmp(e, "= pages", 7) == 0) continue;
    if (!(place.shows >> faultsPart & 1) && strncmp(e, "= faults", 8) == 0) continue;
    const char* o = observed;
    // The number of page tables comes last in a line. A trace may leave it out.
    while (*o &&
           !(strncmp(o, e, size) == 0 && (o[size] == '\n' || strncmp(o + size, " tables", 7) == 0)))
      o += lineLength(o) + 1;
    if (!*o) return 0;
  }
  return !strstr(expected, "= pages") || mapLines(expected) == mapLines(observed);
}
