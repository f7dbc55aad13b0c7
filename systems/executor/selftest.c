// Performs the steps of a trace for real, and reports each of them as a test in KTAP, in the manner of
// the kernel's selftests. This is the program that `growsdown emit selftest` writes, with the trace
// above it as growsdownWith, growsdownRules and growsdownSteps:
//
//     cc -O2 -Wall -Wextra FILE.c && ./a.out
//
// It is C11 for Linux and needs nothing else, so it also fits into tools/testing/selftests. It touches
// nothing outside of its processes, and no step leaves the windows of the trace format.
#include "expected.h"
#include "steps.h"

#include <sys/utsname.h>

// As in kselftest.h.
enum { ksftPass = 0, ksftFail = 1, ksftSkip = 4 };

enum { stepCount = sizeof growsdownSteps / sizeof *growsdownSteps };

static unsigned passed, failed, skipped;

static void putResult(int good, unsigned number, const char* step) {
  put(good ? "ok " : "not ok ");
  putDecimal(number);
  put(" ");
  put(step);
}

// Each line of a text as a comment.
static void putComment(const char* text) {
  while (*text) {
    const size_t size = lineLength(text);
    put("#   ");
    for (size_t i = 0; i < size; ++i)
      put((const char[]){text[i], 0});
    put("\n");
    text += size + (text[size] == '\n');
  }
}

static void skipFrom(unsigned number) {
  for (; number <= stepCount; ++number) {
    putResult(1, number, growsdownSteps[number - 1].step);
    put(" # SKIP ");
    put(reason);
    put("\n");
    ++skipped;
  }
}

// What the step shows, as text in `shown`.
static void show(char* shown, size_t size) {
  flushOutput();
  putObserved();
  const size_t length = output->size < size ? output->size : size - 1;
  memcpy(shown, output->text, length);
  shown[length] = 0;
  output->size = 0;
}

// Returns 0 if the step cannot be performed.
static int check(const struct growsdownStep* step, unsigned number) {
  static char shown[sizeof output->text];
  char text[mostLine], *words[mostWords];
  strncpy(text, step->step, sizeof text - 1);
  text[sizeof text - 1] = 0;
  const int count = split(text, words, mostWords);
  if (!perform(words, count) || !observe()) return 0;
  show(shown, sizeof shown);
  // A trace may leave out the address that a call returns.
  const int any = same(step->outcome, "ok") && strncmp(outcome, "ok ", 3) == 0;
  const int right = !step->outcome[0] || any || same(step->outcome, outcome);
  const int state = agrees(step->state, shown);
  if (!right) {
    put("# expected: ");
    put(step->outcome);
    put("\n");
  }
  if (!state) {
    put("# it shows:\n");
    putComment(shown);
    put("# where this was expected:\n");
    putComment(step->state);
  }
  putResult(right && state, number, step->step);
  put(" -> ");
  put(outcome);
  put("\n");
  right&& state ? ++passed : ++failed;
  flushOutput();
  return 1;
}

static void putTotals(void) {
  put("# Totals: pass:");
  putDecimal(passed);
  put(" fail:");
  putDecimal(failed);
  put(" xfail:0 xpass:0 skip:");
  putDecimal(skipped);
  put(" error:0\n");
  flushOutput();
}

static void putHead(void) {
  struct utsname system;
  put("TAP version 13\n1..");
  putDecimal(stepCount);
  put("\n# by the rules of ");
  put(growsdownRules);
  if (uname(&system) == 0) {
    put(", on ");
    put(system.release);
    put(" ");
    put(system.machine);
  }
  put("\n");
  flushOutput();
}

static void runSteps(void) {
  alarm(60);
  unsigned number = 1;
  while (number <= stepCount && check(growsdownSteps + number - 1, number))
    ++number;
  skipFrom(number);
  putTotals();
  _exit(failed ? ksftFail : skipped ? ksftSkip : ksftPass);
}

int main(void) {
  output = sharedMemory(sizeof *output);
  putHead();
  int good = prepare(1);
  trace.minAddr = growsdownWith.minAddr;
  trace.lsmMinAddr = growsdownWith.lsmMinAddr;
  trace.maxMapCount = growsdownWith.maxMapCount;
  if (good && pageSize != growsdownWith.page) good = cannot("this kernel has another page size");
  const pid_t child = good ? fork() : -1;
  if (child == 0) {
    good = beginTrace();
    if (good) runSteps();
  }
  if (!good) {
    skipFrom(1);
    putTotals();
    return ksftSkip;
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  put("Bail out! the process of the trace died\n");
  flushOutput();
  return ksftFail;
}
