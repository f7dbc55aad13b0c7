// Performs the steps of a trace for real and reports their outcomes, and what /proc/self/maps,
// status and pagemap show in the two windows of addresses of the trace (docs/trace-format.md).
// Each trace runs in a process of its own. The code is C11 for Linux, without other dependencies.
//
// This is the program that `growsdown emit c` writes, with the trace above it as growsdownWith,
// growsdownRules and growsdownSteps:
//
//     cc -O2 -Wall -Wextra FILE.c && ./a.out
//
// It never touches anything outside of its processes. It never carries out a step whose address or
// range leaves the windows, or that fills more memory than mostFilled.
#include "steps.h"

#include <sys/utsname.h>

static int differences;

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

static void check(const struct growsdownStep* step) {
  char text[mostLine], *words[mostWords];
  strncpy(text, step->step, sizeof text - 1);
  text[sizeof text - 1] = 0;
  const int count = split(text, words, mostWords);
  put(step->step);
  if (!perform(words, count) || !observe()) {
    put(" -> unknown: ");
    put(reason);
    put("\n");
    flushOutput();
    _exit(3);
  }
  put(" -> ");
  put(outcome);
  put("\n");
  // A trace may leave out the address that a call returns.
  const int any = same(step->outcome, "ok") && strncmp(outcome, "ok ", 3) == 0;
  if (step->outcome[0] && !any && !same(step->outcome, outcome)) {
    ++differences;
    put("    DIFFERS, expected: ");
    put(step->outcome);
    put("\n");
  }
  flushOutput();
  put("    DIFFERS, and shows:\n");
  const size_t from = output->size;
  putObserved();
  output->text[output->size] = 0;
  if (agrees(step->state, output->text + from)) {
    output->size = 0;
    return;
  }
  ++differences;
  put("    where this was expected:\n");
  put(step->state);
  flushOutput();
}

int main(void) {
  output = sharedMemory(sizeof *output);
  struct utsname system;
  if (uname(&system) == 0) {
    put("on ");
    put(system.sysname);
    put(" ");
    put(system.release);
    put(" ");
    put(system.machine);
    put(", by the rules of ");
    put(growsdownRules);
    put("\n");
  }
  int good = prepare(1);
  trace.minAddr = growsdownWith.minAddr;
  trace.lsmMinAddr = growsdownWith.lsmMinAddr;
  trace.maxMapCount = growsdownWith.maxMapCount;
  if (good && pageSize != growsdownWith.page) good = cannot("this kernel has another page size");
  const pid_t child = good ? fork() : -1;
  if (child == 0) {
    good = beginTrace();
    if (good) {
      alarm(60);
      for (unsigned i = 0; i < sizeof growsdownSteps / sizeof *growsdownSteps; ++i)
        check(growsdownSteps + i);
      put(differences ? "differs\n" : "agrees\n");
      flushOutput();
      _exit(differences != 0);
    }
  }
  if (!good) {
    put("unknown: ");
    put(reason);
    put("\n");
    flushOutput();
    return 3;
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  put("the process of the trace died\n");
  flushOutput();
  return 4;
}
