// Performs the steps of a trace for real and reports their outcomes, and what /proc/self/maps,
// status and pagemap show in the two windows of addresses of the trace (docs/trace-format.md).
// Each trace runs in a process of its own. The code is C11 for Linux, without other dependencies.
//
// This is the process behind `growsdown ... --on host`: it speaks the line protocol of
// docs/protocol.md on its standard input and output.
//
// It never touches anything outside of its processes. It never carries out a step whose address or
// range leaves the windows, or that fills more memory than mostFilled.
#include "steps.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>

// Input not yet used. The process of a trace shares this memory with its parent, which continues
// with the input that the process leaves.
static struct input {
  size_t from, to;
  char text[1 << 16];
} * input;
static char line[mostLine];
static size_t lineSize; // in the input, including its newline

// Copies the next line of the input to `line` without consuming it. Returns 0 at the end.
static int peekLine(void) {
  for (;;) {
    char* const begin = input->text + input->from;
    char* const newline = memchr(begin, '\n', input->to - input->from);
    if (newline) {
      lineSize = (size_t)(newline - begin) + 1;
      const size_t kept = lineSize < sizeof line ? lineSize - 1 : sizeof line - 1;
      memcpy(line, begin, kept);
      line[kept] = 0;
      return 1;
    }
    memmove(input->text, begin, input->to - input->from);
    input->to -= input->from;
    input->from = 0;
    flushOutput();
    const ssize_t n = read(0, input->text + input->to, sizeof input->text - input->to);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    input->to += (size_t)n;
  }
}

static void takeLine(void) {
  input->from += lineSize;
}

static int begins(const char* word) {
  const size_t size = strlen(word);
  return strncmp(line, word, size) == 0 && (line[size] == ' ' || line[size] == 0);
}

static void putUnknown(void) {
  put("unknown ");
  put(reason);
  put("\n");
}

static void putState(void) {
  for (unsigned i = 0; i < seen.areaCount; ++i) {
    const struct area* area = seen.areas + i;
    char prot[5], *p = prot;
    for (unsigned k = 0; k < 3; ++k)
      if (area->rights[k] != '-') *p++ = area->rights[k];
    *p = 0;
    put("area ");
    putAddress(area->start);
    put("-");
    putAddress(area->end);
    put(" ");
    put(p == prot ? "none" : prot);
    put(area->rights[3] == 's' ? " shared\n" : " -\n");
  }
  for (unsigned i = 0; i < seen.runCount; ++i) {
    put("pages ");
    putAddress(seen.runs[i].start);
    put("-");
    putAddress(seen.runs[i].end);
    put("\n");
  }
  const struct counters *now = &seen.counters, *start = &trace.start;
  const int64_t values[partCount] = {now->total - start->total,
                                     now->stack - start->stack,
                                     now->locked - start->locked,
                                     now->data - start->data,
                                     now->tables - start->tables,
                                     0,
                                     seen.faults};
  unsigned show = place.shows & ~(1U << pagesPart);
  if (trace.forked || trace.elsewhere) show &= ~(1U << tablesPart);
  if (trace.forked || !seen.touched) show &= ~(1U << faultsPart);
  put("counters");
  for (unsigned i = 0; i < partCount; ++i) {
    if (!(show >> i & 1)) continue;
    put(" ");
    put(parts[i].name);
    put(" ");
    putSigned(values[i]);
  }
  put("\n");
}

static int isMachine; // this program is the only one on the machine

// Sets a number of /proc/sys/vm.
static void setKernel(const char* name, u64 value) {
  char path[64] = "/proc/sys/vm/", text[24], *p = text + sizeof text;
  strncat(path, name, sizeof path - strlen(path) - 1);
  do
    *--p = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  const size_t size = (size_t)(text + sizeof text - p);
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, p, size) != (ssize_t)size) cannot("a kernel setting cannot be made");
  close(file);
}

// Applies the parameters of a start request, as far as this machine allows.
static int applyParameters(char** words, int count) {
  trace.minAddr = 4096;
  trace.lsmMinAddr = 0;
  trace.maxMapCount = 65530;
  for (int i = 1; i + 1 < count; i += 2) {
    const u64 value = number(words[i + 1], 0);
    if (same(words[i], "page") && value != pageSize)
      return cannot("this kernel has another page size");
    // Addresses above the windows do not affect any step that is carried out.
    if (same(words[i], "va-bits") && (value < 38) != (place.vaBits < 38))
      return cannot("this kernel has other address bits");
    if (same(words[i], "min-addr")) trace.minAddr = value;
    if (same(words[i], "lsm-min-addr")) trace.lsmMinAddr = value;
    if (same(words[i], "max-map-count")) trace.maxMapCount = value;
  }
  if (!isMachine) return 1;
  reason[0] = 0;
  place.minAddr = trace.minAddr;
  place.maxMapCount = trace.maxMapCount + seen.allAreas;
  setKernel("mmap_min_addr", place.minAddr);
  setKernel("max_map_count", place.maxMapCount);
  return reason[0] == 0;
}

// Runs one trace, up to the start of the next one.
static void runTrace(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  use(input, sizeof *input);
  int good = beginTrace();
  if (good)
    put("ok\n");
  else
    putUnknown();
  while (peekLine() && !begins("start") && !begins("init")) {
    takeLine();
    if (begins("state")) {
      if (good) putState();
      put(".\n");
      continue;
    }
    char* words[mostWords];
    const int count = split(line, words, mostWords);
    if (count == 0) continue;
    good = good && perform(words, count) && observe();
    if (good) {
      put(outcome);
      put("\n");
    } else {
      putUnknown();
    }
  }
  _exit(0);
}

// Prints the `with` lines that a trace for this machine needs.
static void putPlace(void) {
  const struct {
    const char* key;
    u64 value;
  } with[] = {{"page ", pageSize},
              {"min-addr ", place.minAddr},
              {"lsm-min-addr ", least() > place.minAddr ? least() : 0},
              {"max-map-count ", place.maxMapCount - seen.allAreas},
              {"va-bits ", (u64)place.vaBits}};
  for (unsigned i = 0; i < sizeof with / sizeof *with; ++i) {
    put("with ");
    put(with[i].key);
    putDecimal(with[i].value);
    put("\n");
  }
  if (!capable()) put("begins capable no\n");
  for (unsigned i = 0; i < limitCount; ++i) {
    struct rlimit limit;
    if (!*limits[i].name || getrlimit(limits[i].resource, &limit) != 0 ||
        limit.rlim_max == RLIM_INFINITY)
      continue;
    // The process of a trace may use a little more when the trace begins.
    u64 base = used(limits[i].resource, &seen.counters);
    if (base != 0) base += 1 << 20;
    const u64 hard = limit.rlim_max > base ? limit.rlim_max - base : 0;
    for (int begins = place.lowered >> i & 1; begins >= 0; --begins) {
      put(begins ? "begins limit " : "hard ");
      put(limits[i].name);
      put(" ");
      putDecimal(hard);
      put("\n");
    }
  }
}

static void greet(int settled) {
  struct utsname system;
  uname(&system);
  put("growsdown-system 1\nname ");
  put(system.sysname);
  put(" ");
  put(system.release);
  put(" ");
  put(system.machine);
  put("\nshows areas");
  for (unsigned i = 0; i < partCount; ++i) {
    if (!(place.shows >> i & 1)) continue;
    put(" ");
    put(parts[i].name);
  }
  put("\ndoes limit capable mmap munmap mprotect mlock munlock dontneed mremap fork touch sp "
      "kernel "
      "gup mincore\nahead\n");
  if (settled && observe()) putPlace();
  put(".\n");
}

// Sets up a machine whose first process is this program. Traces may change all kernel settings, and
// the console carries the protocol.
static void makeMachine(void) {
  isMachine = 1;
  mkdir("/proc", 0755);
  mount("proc", "/proc", "proc", 0, 0);
  setKernel("overcommit_memory", 1);
  setKernel("mmap_min_addr", 4096);
  struct termios console;
  if (tcgetattr(0, &console) == 0) {
    cfmakeraw(&console);
    tcsetattr(0, TCSANOW, &console);
  }
  put("\ngrowsdown-ready\n");
  flushOutput();
}

int main(int argc, char** argv) {
  output = sharedMemory(sizeof *output);
  // In a container the first process has another name.
  if (getpid() == 1 && argc > 0 && same(argv[0], "/init")) makeMachine();
  input = sharedMemory(sizeof *input);
  // --text turns queries off, for tests that compare the two ways of reading the state.
  const int settled = prepare(!(argc > 1 && same(argv[1], "--text")));
  char unsettled[reasonSize];
  memcpy(unsettled, reason, sizeof reason);
  int initial = 0;
  while (peekLine()) {
    takeLine();
    if (begins("growsdown-system")) {
      greet(settled);
    } else if (begins("init")) {
      initial = 1;
    } else if (begins("state")) {
      put(".\n");
    } else if (begins("start")) {
      char* words[mostWords * 4];
      const int count = split(line, words, mostWords * 4);
      memcpy(reason, unsettled, sizeof reason);
      int good = settled && applyParameters(words, count);
      if (initial) good = cannot("a real system begins with empty windows");
      initial = 0;
      if (!good) {
        putUnknown();
        continue;
      }
      const pid_t child = fork();
      if (child == 0) runTrace();
      int ended = 0;
      while (child > 0 && waitpid(child, &ended, 0) != child) {
      }
      if (child > 0 && ended == 0) continue;
      flushOutput();
      static const char died[] = "the process of the trace died\n";
      if (write(2, died, sizeof died - 1) < 0) return 9;
      return 8;
    } else {
      if (!reason[0]) cannot("no trace has begun"); // else the last one could not begin
      putUnknown();
    }
  }
  flushOutput();
  return 0;
}
