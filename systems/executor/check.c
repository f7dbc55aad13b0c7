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
#include "expected.h"
#include "steps.h"

#include <sys/utsname.h>

static int differences;

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
