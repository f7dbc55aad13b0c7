// Performs the steps of a trace for real, in a process of its own, and tells what they did: the
// outcome, and what /proc/self/maps, status and pagemap show in the trace's two windows of
// addresses (docs/trace-format.md). C11 and Linux, no other dependency:
//
//     cc -O2 -Wall -Wextra FILE.c && ./a.out
//
// The same text is the process behind `growsdown ... --on host`, which speaks the line protocol of
// docs/protocol.md, and, with a trace in front of it, the program that `growsdown emit c` writes
// (then GROWSDOWN_TRACE is defined, and the struct below is its own).
//
// Never touched: anything outside of these processes. Never carried out: a step whose address or
// range leaves the windows, or that fills more memory than mostFilled.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef PR_SET_THP_DISABLE
#define PR_SET_THP_DISABLE 41
#endif

typedef uint64_t u64;

enum {
  mostWords = 8,
  mostAreas = 2048, // in the windows
  mostRuns = 4096,  // of present pages
  mostLine = 512,
  reasonSize = 160,
};
#define mostFilled (64ULL << 20)    // bytes that one step may make present
#define mostResident (256ULL << 20) // bytes that may be present in the windows when it does

static const struct window {
  u64 start, end;
} windows[] = {{0, 0x200000}, {0x800000000, 0x2000000000}};
// The page tables on the way to this address exist before the trace and stay.
#define programAddress ((u64)0x400000)

static u64 pageSize;

// ---- text

// What was said and not yet written, in memory that the process of a trace shares with its parent:
// where one dies the other still writes what was said before.
static struct output {
  size_t size;
  char text[1 << 17];
} * output;

// Memory shared with children.
static void* common(size_t size) {
  void* const got = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) _exit(9);
  return got;
}

static void flushOutput(void) {
  size_t from = 0;
  while (from < output->size) {
    const ssize_t n = write(1, output->text + from, output->size - from);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(9);
    from += (size_t)n;
  }
  output->size = 0;
}

static void put(const char* text) {
  for (; *text; ++text) {
    if (output->size + 1 == sizeof output->text) flushOutput();
    output->text[output->size++] = *text;
  }
}

static void putDecimal(u64 value) {
  char text[24], *p = text + sizeof text - 1;
  *p = 0;
  do
    *--p = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  put(p);
}

static void putSigned(int64_t value) {
  put(value < 0 ? "-" : "+");
  putDecimal(value < 0 ? 0 - (u64)value : (u64)value);
}

static void putAddress(u64 value) {
  char text[24], *p = text + sizeof text - 1;
  *p = 0;
  if (value != 0) put("0x");
  do
    *--p = "0123456789abcdef"[value & 15];
  while ((value >>= 4) != 0);
  put(p);
}

static int same(const char* a, const char* b) {
  return strcmp(a, b) == 0;
}

// A number, decimal or with 0x; what follows it, in *end.
static u64 number(const char* text, const char** end) {
  u64 value = 0;
  if (text[0] == '0' && text[1] == 'x') {
    for (text += 2;; ++text) {
      const char c = *text;
      if (c >= '0' && c <= '9')
        value = value * 16 + (u64)(c - '0');
      else if (c >= 'a' && c <= 'f')
        value = value * 16 + (u64)(c - 'a' + 10);
      else
        break;
    }
  } else {
    for (; *text >= '0' && *text <= '9'; ++text)
      value = value * 10 + (u64)(*text - '0');
  }
  if (end) *end = text;
  return value;
}

static u64 hexadecimal(const char* text, const char** end) {
  u64 value = 0;
  for (;; ++text) {
    const char c = *text;
    if (c >= '0' && c <= '9')
      value = value * 16 + (u64)(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + (u64)(c - 'a' + 10);
    else
      break;
  }
  *end = text;
  return value;
}

// Splits a line into words, in place.
static int split(char* line, char** words, int most) {
  int count = 0;
  while (count < most) {
    while (*line == ' ' || *line == '\t')
      ++line;
    if (*line == 0) break;
    words[count++] = line;
    while (*line != 0 && *line != ' ' && *line != '\t')
      ++line;
    if (*line != 0) *line++ = 0;
  }
  return count;
}

// A whole file, cut to the buffer; -1 where it cannot be read.
static ssize_t readWhole(const char* path, char* to, size_t size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t have = 0;
  ssize_t n = 0;
  while (have + 1 < size && (n = read(file, to + have, size - 1 - have)) > 0)
    have += (size_t)n;
  close(file);
  to[have] = 0;
  return n < 0 ? -1 : (ssize_t)have;
}

static u64 numberIn(const char* path, u64 otherwise) {
  char text[32];
  return readWhole(path, text, sizeof text) > 0 ? number(text, 0) : otherwise;
}

// ---- the process under observation

struct counters {
  int64_t total, stack, locked, data, tables; // pages
};

// What the machine gives, found out once.
static struct place {
  int vaBits;
  u64 minAddr;          // vm.mmap_min_addr, bytes
  u64 effectiveMinAddr; // where growth stops
  u64 maxMapCount;
  int overcommit;      // vm.overcommit_memory
  u64 memory;          // bytes
  int gup;             // process_vm_readv works
  int readsExecutable; // what may be executed only may be read
  unsigned shows;      // a bit for each of `parts`
  int queries;         // areas and pages can be asked for, and need not be read as text
  unsigned lowered;    // bit of limits[]: a hard limit is below what every trace starts with
} place;

// What a place may show besides areas. Kernels that are not Linux leave some of it out.
enum { tablesPart = 4, pagesPart, faultsPart, partCount };
static const struct {
  const char *name, *key; // key: in /proc/self/status
} parts[partCount] = {{"total", "VmSize:"}, {"stack", "VmStk:"},  {"locked", "VmLck:"},
                      {"data", "VmData:"},  {"tables", "VmPTE:"}, {"pages", 0},
                      {"faults", 0}};

static const struct {
  const char* name; // in traces
  int resource;
  rlim_t soft; // that every trace starts with
} limits[] = {{"stack", RLIMIT_STACK, 8 << 20},
              {"as", RLIMIT_AS, RLIM_INFINITY},
              {"memlock", RLIMIT_MEMLOCK, 64 << 10},
              {"data", RLIMIT_DATA, RLIM_INFINITY},
              {"", RLIMIT_CORE, 0}};
enum { limitCount = sizeof limits / sizeof *limits };

// What one trace did so far.
static struct life {
  struct counters start; // what the process used when the trace began
  unsigned ownAreas;     // that the process had then
  unsigned otherAreas;   // outside of the windows, now
  int otherKnown;        // no step has changed that since
  u64 minAddr, lsmMinAddr, maxMapCount;
  unsigned lowered; // bit of limits[]: the trace has not set what it cannot start with
  int forked, elsewhere, capable, locked;
  int ownStackPointer;
  u64 stackPointer;
} life;

// What the last observation showed.
static struct {
  struct area {
    u64 start, end;
    char rights[5]; // as /proc/self/maps has them
  } areas[mostAreas];
  struct run {
    u64 start, end;
  } runs[mostRuns];
  unsigned areaCount, runCount, allAreas;
  u64 resident; // pages
  struct counters counters;
  long faults; // minor faults of the last step, if it was a touch
  int touched;
} seen;

static char reason[reasonSize]; // why something is unknown; empty where nothing is

static int cannot(const char* why) {
  strncpy(reason, why, sizeof reason - 1);
  return 0;
}

static u64 roundUp(u64 value) {
  return (value + pageSize - 1) & ~(pageSize - 1);
}

// Whether the range lies in one of the windows.
static int inWindows(u64 address, u64 length) {
  for (unsigned i = 0; i < 2; ++i)
    if (address >= windows[i].start && address < windows[i].end &&
        length <= windows[i].end - address)
      return 1;
  return 0;
}

static char fileText[1 << 14];
static u64 entries[1 << 11];          // of /proc/self/pagemap
static unsigned char inCore[1 << 14]; // of mincore

static int64_t pagesOf(const char* key) {
  const char* at = strstr(fileText, key);
  if (!at) return 0;
  for (at += strlen(key); *at == ' ' || *at == '\t';)
    ++at;
  return (int64_t)(number(at, 0) * 1024 / pageSize);
}

// What the kernel shows of this process, held open where it stays what it shows: an emulator may
// make a file of its own at each opening.
static struct view {
  const char* path;
  int file;
  int lives; // known since the first opening
} mapsView = {"/proc/self/maps", -1, -1}, statusView = {"/proc/self/status", -1, -1},
  pagemapView = {"/proc/self/pagemap", -1, -1};

static int openView(struct view* view) {
  struct statfs system;
  if (view->file >= 0) close(view->file);
  view->file = open(view->path, O_RDONLY | O_CLOEXEC);
  if (view->lives < 0 && view->file >= 0)
    view->lives = fstatfs(view->file, &system) == 0 && system.f_type == 0x9fa0; // procfs
  return view->file >= 0;
}

// Before each reading.
static int look(struct view* view) {
  return view->lives > 0 || openView(view);
}

// To be called in every process that is to be observed, once.
static int openViews(void) {
  if (!openView(&mapsView)) return cannot("/proc/self/maps cannot be opened");
  if (!openView(&statusView)) return cannot("/proc/self/status cannot be opened");
  if (place.shows >> pagesPart & 1 && !openView(&pagemapView))
    return cannot("/proc/self/pagemap cannot be opened");
  return 1;
}

static int readCounters(struct counters* out) {
  if (!look(&statusView)) return cannot("/proc/self/status cannot be opened");
  const ssize_t n = pread(statusView.file, fileText, sizeof fileText - 1, 0);
  if (n <= 0) return cannot("/proc/self/status cannot be read");
  fileText[n] = 0;
  out->total = pagesOf("VmSize:");
  out->stack = pagesOf("VmStk:");
  out->locked = pagesOf("VmLck:");
  out->data = pagesOf("VmData:");
  out->tables = pagesOf("VmPTE:") + pagesOf("VmPMD:");
  return 1;
}

static int addRun(u64 start, u64 end) {
  seen.resident += (end - start) / pageSize;
  if (seen.runCount != 0 && seen.runs[seen.runCount - 1].end == start) {
    seen.runs[seen.runCount - 1].end = end;
  } else {
    if (seen.runCount == mostRuns) return cannot("too many runs of pages");
    seen.runs[seen.runCount++] = (struct run){start, end};
  }
  return 1;
}

// The present ones among no more pages than `entries` holds, into seen.runs.
static int readEntries(u64 start, u64 end) {
  while (start < end) {
    const u64 size = (end - start) / pageSize * sizeof *entries;
    const ssize_t n = pread(pagemapView.file, entries, size, (off_t)(start / pageSize * 8));
    if (n < 8) return cannot("/proc/self/pagemap cannot be read");
    for (ssize_t i = 0; i < n / 8; ++i, start += pageSize)
      if (entries[i] >> 63 && !addRun(start, start + pageSize)) return 0;
  }
  return 1;
}

// The present pages of an area, into seen.runs. pagemap costs a kernel its time for every page that
// is not there; mincore costs it next to none in a private area, and a page that it says is not
// there is not there. So much of a large area is not looked at twice.
static int readPages(const struct area* area) {
  enum { atOnce = sizeof entries / sizeof *entries };
  const u64 end = area->end;
  for (u64 start = area->start; start < end;) {
    const u64 pages = (end - start) / pageSize;
    if (pages <= atOnce / 8 || area->rights[3] != 'p') {
      const u64 count = pages < atOnce ? pages : atOnce;
      if (!readEntries(start, start + count * pageSize)) return 0;
      start += count * pageSize;
      continue;
    }
    const u64 count = pages < sizeof inCore ? pages : sizeof inCore;
    if (mincore((void*)(uintptr_t)start, count * pageSize, inCore) != 0)
      memset(inCore, 1, sizeof inCore);
    for (u64 i = 0; i < count;) {
      const unsigned char* const next = memchr(inCore + i, 1, count - i);
      if (!next) break;
      const u64 from = (u64)(next - inCore), left = count - from;
      i = from + (left < atOnce / 8 ? left : atOnce / 8);
      if (!readEntries(start + from * pageSize, start + i * pageSize)) return 0;
    }
    start += count * pageSize;
  }
  return 1;
}

static int addArea(u64 start, u64 end, const char* rights, const struct window* w) {
  if (seen.areaCount == mostAreas) return cannot("too many areas");
  struct area* const area = seen.areas + seen.areaCount++;
  area->start = start < w->start ? w->start : start;
  area->end = end > w->end ? w->end : end;
  memcpy(area->rights, rights, 4);
  return 1;
}

// One line of /proc/self/maps.
static int readArea(const char* line) {
  const char* at;
  const u64 start = hexadecimal(line, &at);
  const u64 end = hexadecimal(at + 1, &at);
  if (start >> 63) return 1; // [vsyscall], which is none
  ++seen.allAreas;
  for (unsigned i = 0; i < 2; ++i)
    if (end > windows[i].start && start < windows[i].end &&
        !addArea(start, end, at + 1, windows + i))
      return 0;
  return 1;
}

static int readAreas(void) {
  if (!look(&mapsView)) return cannot("/proc/self/maps cannot be opened");
  seen.allAreas = 0;
  size_t have = 0;
  off_t at = 0;
  ssize_t n = 0;
  while ((n = pread(mapsView.file, fileText + have, sizeof fileText - 1 - have, at)) > 0) {
    at += n;
    have += (size_t)n;
    fileText[have] = 0;
    char *line = fileText, *newline;
    for (; (newline = strchr(line, '\n')); line = newline + 1)
      if (!readArea(line)) return 0;
    have -= (size_t)(line - fileText);
    memmove(fileText, line, have);
  }
  return n == 0 || cannot("/proc/self/maps cannot be read");
}

// The same as numbers, in the windows alone: PROCMAP_QUERY, since Linux 6.11. An errno.
static int queryArea(u64 address, u64* start, u64* end, char* rights) {
  struct {
    u64 size, flags, address, start, end, rights;
  } query = {sizeof query, 0x10 /* this area or the next one */, address, 0, 0, 0};
  // The number says how large the structure is where all of it is asked for.
  if (ioctl(mapsView.file, _IOWR('f', 17, char[104]), &query) != 0) return errno;
  *start = query.start;
  *end = query.end;
  for (unsigned i = 0; i < 3; ++i)
    rights[i] = query.rights >> i & 1 ? "rwx"[i] : '-';
  rights[3] = query.rights >> 3 & 1 ? 's' : 'p';
  return 0;
}

static int queryAreas(void) {
  for (unsigned i = 0; i < 2; ++i) {
    char rights[4];
    u64 start, end = windows[i].start;
    while (end < windows[i].end) {
      const int error = queryArea(end, &start, &end, rights);
      if (error == ENOENT) break;
      if (error != 0) return cannot("/proc/self/maps cannot be asked");
      if (start < windows[i].end && !addArea(start, end, rights, windows + i)) return 0;
    }
  }
  seen.allAreas = life.otherAreas + seen.areaCount;
  return 1;
}

// The present pages of a range, into seen.runs: PAGEMAP_SCAN, since Linux 6.7.
static int queryPages(u64 start, u64 end) {
  enum { present = 8, most = 64 };
  struct {
    u64 start, end, categories;
  }* const regions = (void*)entries;
  while (start < end) {
    struct {
      u64 size, flags, start, end, walked, regions, count, most, inverted, mask, any, wanted;
    } scan = {sizeof scan, 0, start, end, 0, (uintptr_t)entries, most, 0, 0, present, 0, present};
    const int count = ioctl(pagemapView.file, _IOWR('f', 16, char[96]), &scan);
    if (count < 0 || scan.walked <= start) return cannot("/proc/self/pagemap cannot be asked");
    for (int i = 0; i < count; ++i)
      if (!addRun(regions[i].start, regions[i].end)) return 0;
    start = scan.walked;
  }
  return 1;
}

static int observePages(void) {
  if (!(place.shows >> pagesPart & 1)) return 1;
  if (place.queries) {
    for (unsigned i = 0; i < 2; ++i) {
      u64 start = 0, end = 0; // of all areas in the window
      for (unsigned k = 0; k < seen.areaCount; ++k) {
        if (seen.areas[k].start < windows[i].start || seen.areas[k].start >= windows[i].end)
          continue;
        if (end == 0) start = seen.areas[k].start;
        end = seen.areas[k].end;
      }
      if (!queryPages(start, end)) return 0;
    }
    return 1;
  }
  for (unsigned i = 0; i < seen.areaCount; ++i)
    if (!readPages(seen.areas + i)) return 0;
  return 1;
}

// Looks at the process. 0, with a reason, where the place does not show what is wanted.
static int observe(void) {
  seen.areaCount = seen.runCount = 0;
  seen.resident = 0;
  const int good = place.queries && life.otherKnown ? queryAreas() : readAreas();
  life.otherAreas = seen.allAreas - seen.areaCount;
  life.otherKnown = 1;
  return good && observePages() && readCounters(&seen.counters);
}

// The bytes that the next area above an address has to grow to come down to it. 0 where it need
// not, or where there is no such area.
static u64 growth(u64 address) {
  for (unsigned i = 0; i < seen.areaCount; ++i)
    if (seen.areas[i].end > address)
      return seen.areas[i].start > address ? seen.areas[i].start - address : 0;
  return 0;
}

// The bytes from the start of the area that an address lies in.
static u64 above(u64 address) {
  for (unsigned i = 0; i < seen.areaCount; ++i)
    if (seen.areas[i].start <= address && address < seen.areas[i].end)
      return address - seen.areas[i].start;
  return 0;
}

// ---- accesses

static char signalStack[1 << 15] __attribute__((aligned(4096)));
static sigjmp_buf back;
static volatile int signalNumber, signalCode;
static volatile u64 signalAddress;

static void onSignal(int got, siginfo_t* info, void* context) {
  (void)context;
  signalNumber = got;
  signalCode = info->si_code;
  signalAddress = (u64)(uintptr_t)info->si_addr;
  siglongjmp(back, 1);
}

// One access of one byte with the given stack pointer. All bytes that are ever written are 0, which
// as an instruction is one that traps on arm64 (udf), and on x86 a write to where rax points: to
// the fence. So a fetch that succeeds ends in a signal that is not about its address. (Where rax
// points to no address at all, the kernel looks at the instruction, and at the page behind it.)
static void accessByte(u64 address, char kind, u64 stackPointer) {
#if defined(__x86_64__)
  if (kind == 'x')
    __asm__ volatile("mov %1, %%rsp\n\tjmp *%0"
                     :
                     : "r"(address), "r"(stackPointer), "a"(windows[1].end)
                     : "memory");
  else if (kind == 'r')
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tmovb (%0), %%al\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "rax", "rbx", "memory");
  else
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tmovb $0, (%0)\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "rbx", "memory");
#elif defined(__aarch64__)
  if (kind == 'x')
    __asm__ volatile("mov sp, %1\n\tbr %0" : : "r"(address), "r"(stackPointer) : "memory");
  else if (kind == 'r')
    __asm__ volatile("mov x19, sp\n\tmov sp, %1\n\tldrb w20, [%0]\n\tmov sp, x19"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "x19", "x20", "memory");
  else
    __asm__ volatile("mov x19, sp\n\tmov sp, %1\n\tstrb wzr, [%0]\n\tmov sp, x19"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "x19", "memory");
#else
#error "x86-64 and arm64 only"
#endif
}

static long minorFaults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

static void tryAccess(u64 address, char kind, u64 stackPointer) {
  if (!sigsetjmp(back, 0)) accessByte(address, kind, stackPointer);
}

// Makes the access; the name of the signal that refused it, or null.
static const char* touch(u64 address, char kind) {
  const u64 target = kind == 'x' ? address & ~(u64)3 : address;
  const u64 sp =
      life.ownStackPointer ? (u64)(uintptr_t)__builtin_frame_address(0) : life.stackPointer;
  signalNumber = 0;
  const long before = minorFaults();
  tryAccess(target, kind, sp);
  seen.faults = minorFaults() - before;
  seen.touched = 1;
  const int got = signalNumber, code = signalCode;
  const int protection = got == SIGSEGV && code == 0x80; // SI_KERNEL: no page fault
  if (got == 0) return 0;
  if (kind == 'x' && (got == SIGILL || protection || signalAddress != target)) return 0;
  // Those from SIGBUS/ADRALN on no Linux sends for these accesses; no trace can expect them.
  static const struct {
    int signal, code;
    const char* name;
  } names[] = {{SIGSEGV, 1, "SIGSEGV/MAPERR"}, {SIGSEGV, 2, "SIGSEGV/ACCERR"},
               {SIGSEGV, 4, "SIGSEGV/PKUERR"}, {SIGSEGV, 0x80, "SIGSEGV/KERNEL"},
               {SIGBUS, 2, "SIGBUS/ADRERR"},   {SIGBUS, 1, "SIGBUS/ADRALN"},
               {SIGBUS, 3, "SIGBUS/OBJERR"},   {SIGBUS, 0x80, "SIGBUS/KERNEL"},
               {SIGBUS, 0, "SIGBUS/USER"},     {SIGSEGV, 0, "SIGSEGV/USER"}};
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i)
    if (names[i].signal == got && names[i].code == code) return names[i].name;
  cannot("a signal that the trace format does not know");
  return "";
}

static int pipeEnds[2];
static char own; // the other end of copies; 0

// The kernel's own access. 0 or an errno.
static int kernelAccess(u64 address, char kind) {
  char* const there = (char*)(uintptr_t)address;
  ssize_t n;
  int error;
  if (kind == 'r') {
    n = write(pipeEnds[1], there, 1);
    error = errno;
    if (n == 1 && read(pipeEnds[0], &own, 1) != 1) return EIO;
  } else {
    if (write(pipeEnds[1], &own, 1) != 1) return EIO;
    n = read(pipeEnds[0], there, 1);
    error = errno;
    if (n != 1 && read(pipeEnds[0], &own, 1) != 1) return EIO;
  }
  return n == 1 ? 0 : error;
}

static int gupAccess(u64 address, char kind) {
  struct iovec here = {&own, 1}, there = {(void*)(uintptr_t)address, 1};
  const long n = syscall(kind == 'r' ? SYS_process_vm_readv : SYS_process_vm_writev, getpid(),
                         &here, 1, &there, 1, 0);
  return n == 1 ? 0 : errno;
}

// ---- the place

// Runs a probe in a child and returns what it answers, 0 … 255; 255 where it died.
static int inChild(int (*probe)(void)) {
  const pid_t child = fork();
  if (child == 0) _exit(probe());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 255;
  return WEXITSTATUS(status);
}

// The lowest page that an area below 1 MiB grows to; 254: none; 255: not known.
static int probeMinAddr(void) {
  char* const area = (char*)0x100000;
  if (mmap(area, pageSize, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0) != area)
    return 255;
  int page = (int)(0x100000 / pageSize);
  while (page > 0 && !touch((u64)(page - 1) * pageSize, 'r'))
    --page;
  return page < 254 ? page : 254;
}

static int probeExecutable(void) {
  const u64 page = windows[1].start;
  if (mmap((void*)(uintptr_t)page, pageSize, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
           0) == MAP_FAILED)
    return 1;
  return touch(page, 'r') == 0;
}

// Bits of a user address, by where the highest mapping can be.
static int probeVaBits(void) {
  for (int bits = 57; bits > 36; --bits) {
    const u64 hint = ((u64)1 << bits) - (4 << 20);
    void* const got =
        mmap((void*)(uintptr_t)hint, pageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) continue;
    munmap(got, pageSize);
    if ((u64)(uintptr_t)got == hint) return bits;
  }
  return 0;
}

// Makes the page tables of memory of our own, of which there are no more than one for each end.
static void use(void* memory, size_t size) {
  volatile char* const bytes = memory;
  bytes[0] = bytes[0];
  bytes[size - 1] = bytes[size - 1];
}

// Makes as much of the stack our own as the steps of a trace may use.
static void useStack(void) {
  volatile char deep[1 << 14];
  for (size_t i = 0; i < sizeof deep; i += 4096)
    deep[i] = 0;
}

static int probeFaults(void) {
  char* const page = mmap(0, pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 0;
  const long before = minorFaults();
  *(volatile char*)page = 0;
  return minorFaults() > before;
}

static unsigned whatIsShown(void) {
  unsigned shows = 0;
  if (readWhole("/proc/self/status", fileText, sizeof fileText) > 0)
    for (unsigned i = 0; i < partCount; ++i)
      if (parts[i].key && strstr(fileText, parts[i].key)) shows |= 1U << i;
  if (access("/proc/self/pagemap", R_OK) == 0) shows |= 1U << pagesPart;
  if (inChild(probeFaults) == 1) shows |= 1U << faultsPart;
  return shows;
}

// Fills `place`, and makes this process what every trace starts as: fences above the windows,
// something at programAddress, starting limits, no huge pages, no protection keys. `queries`: areas
// and pages are asked for where that can be.
static int settle(int queries) {
  pageSize = (u64)sysconf(_SC_PAGESIZE);
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = signalStack;
  stack.ss_size = sizeof signalStack;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaltstack(&stack, 0) != 0 || sigaction(SIGSEGV, &action, 0) != 0 ||
      sigaction(SIGBUS, &action, 0) != 0 || sigaction(SIGILL, &action, 0) != 0)
    return cannot("no signal handler can be set");
  if (pipe(pipeEnds) != 0) return cannot("no pipe can be made");

  // Shared areas merge with nothing that a trace maps.
  for (unsigned i = 0; i < 2; ++i) {
    void* const fence = (void*)(uintptr_t)windows[i].end;
    if (mmap(fence, pageSize, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
        fence)
      return cannot("the address above a window is in use");
  }
  // EEXIST: the program itself is there.
  void* const program = (void*)(uintptr_t)programAddress;
  void* const got = mmap(program, pageSize, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (got != program && got != MAP_FAILED) munmap(got, pageSize);

  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
#ifdef SYS_pkey_alloc
  // With a key left, an area that may only be executed cannot be read.
  while (syscall(SYS_pkey_alloc, 0, 0) > 0) {
  }
#endif
  for (unsigned i = 0; i < limitCount; ++i) {
    struct rlimit limit = {limits[i].soft, RLIM_INFINITY};
    if (setrlimit(limits[i].resource, &limit) == 0) continue; // as a privileged process
    if (getrlimit(limits[i].resource, &limit) != 0) return cannot("a limit cannot be read");
    if (limits[i].soft > limit.rlim_max) place.lowered |= 1U << i;
    limit.rlim_cur = limits[i].soft < limit.rlim_max ? limits[i].soft : limit.rlim_max;
    if (setrlimit(limits[i].resource, &limit) != 0) return cannot("a limit cannot be set");
  }

  life.ownStackPointer = 1;
  place.vaBits = probeVaBits();
  place.minAddr = numberIn("/proc/sys/vm/mmap_min_addr", ~(u64)0);
  const int lowest = inChild(probeMinAddr);
  place.effectiveMinAddr = lowest == 255 ? ~(u64)0 : lowest == 254 ? 0 : (u64)lowest * pageSize;
  place.maxMapCount = numberIn("/proc/sys/vm/max_map_count", 65530);
  place.overcommit = (int)numberIn("/proc/sys/vm/overcommit_memory", 2);
  place.memory = (u64)sysconf(_SC_PHYS_PAGES) * pageSize;
  place.gup = gupAccess((u64)(uintptr_t)&own, 'r') == 0;
  place.readsExecutable = inChild(probeExecutable) == 1;
  place.shows = whatIsShown();
  if (!openViews()) return 0;
  u64 start, end;
  char rights[4];
  place.queries = queries && queryArea(programAddress, &start, &end, rights) == 0 &&
                  (!(place.shows >> pagesPart & 1) || queryPages(windows[1].start, windows[1].end));
  return 1;
}

// Whether this process has the capabilities that matter: CAP_SYS_RAWIO (17) and CAP_IPC_LOCK (14).
static int capable(void) {
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } data[2];
  memset(data, 0, sizeof data);
  return syscall(SYS_capget, &header, data) == 0 && (data[0].effective >> 17 & 1) &&
         (data[0].effective >> 14 & 1);
}

static int dropCapabilities(void) {
  struct {
    uint32_t version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } data[2];
  memset(data, 0, sizeof data);
  return (int)syscall(SYS_capset, &header, data);
}

// In the process of a trace, before its first step. What it will use of its own is used once, so
// that no later fault and no page table is its own.
static int begin(void) {
  reason[0] = 0;
  life.forked = life.elsewhere = life.locked = 0;
  life.ownStackPointer = 1;
  life.capable = capable();
  life.lowered = place.lowered;
  if (!openViews()) return 0;
  use(output, sizeof *output);
  use(&seen, sizeof seen);
  useStack();
  touch(programAddress, 'r');
  touch(windows[0].end, 'r');
  seen.touched = 0;
  if (!observe()) return 0;
  if (seen.areaCount != 0) return cannot("the windows are not empty");
  life.start = seen.counters;
  life.ownAreas = seen.allAreas;
  return 1;
}

// ---- steps

static char outcome[64]; // of the last step, as trace text

static const char* errorName(int error) {
  static const struct {
    int error;
    const char* name;
  } names[] = {{EPERM, "EPERM"},         {EINTR, "EINTR"},          {EIO, "EIO"},
               {EBADF, "EBADF"},         {EAGAIN, "EAGAIN"},        {ENOMEM, "ENOMEM"},
               {EACCES, "EACCES"},       {EFAULT, "EFAULT"},        {EBUSY, "EBUSY"},
               {EEXIST, "EEXIST"},       {EINVAL, "EINVAL"},        {ENOSYS, "ENOSYS"},
               {EOVERFLOW, "EOVERFLOW"}, {EOPNOTSUPP, "EOPNOTSUPP"}};
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i)
    if (names[i].error == error) return names[i].name;
  cannot("an errno that the trace format does not know");
  return "";
}

static int refused(int error) {
  strcpy(outcome, errorName(error));
  return reason[0] == 0;
}

static int answered(long result) {
  if (result != 0) return refused(errno);
  strcpy(outcome, "ok");
  return 1;
}

static void appendAddress(u64 address) {
  // The digits by way of the output.
  if (output->size + 32 > sizeof output->text) flushOutput();
  const size_t from = output->size;
  putAddress(address);
  const size_t have = strlen(outcome);
  memcpy(outcome + have, output->text + from, output->size - from);
  outcome[have + output->size - from] = 0;
  output->size = from;
}

// mmap's and mremap's answer.
static int mapped(void* result, u64 length) {
  if (result == MAP_FAILED) return refused(errno);
  const u64 address = (u64)(uintptr_t)result;
  if (!inWindows(address, roundUp(length))) {
    life.elsewhere = 1;
    life.otherKnown = 0;
    strcpy(outcome, "ok elsewhere");
    return 1;
  }
  strcpy(outcome, "ok ");
  appendAddress(address);
  return 1;
}

static int rights(const char* word) {
  int prot = 0;
  for (; *word; ++word) {
    if (*word == 'r') prot |= PROT_READ;
    if (*word == 'w') prot |= PROT_WRITE;
    if (*word == 'x') prot |= PROT_EXEC;
    if (*word == 'o') return PROT_NONE; // `none`
  }
  return prot;
}

static int mapFlags(const char* list) {
  static const struct {
    const char* name;
    int flag;
  } names[] = {{"fixed", MAP_FIXED},         {"fixed_noreplace", MAP_FIXED_NOREPLACE},
               {"growsdown", MAP_GROWSDOWN}, {"shared", MAP_SHARED},
               {"noreserve", MAP_NORESERVE}, {"locked", MAP_LOCKED},
               {"populate", MAP_POPULATE},   {"stack", MAP_STACK}};
  int flags = MAP_ANONYMOUS;
  while (*list) {
    const size_t size = strcspn(list, ",");
    for (unsigned i = 0; i < sizeof names / sizeof *names; ++i)
      if (strlen(names[i].name) == size && memcmp(names[i].name, list, size) == 0)
        flags |= names[i].flag;
    list += size;
    if (*list == ',') ++list;
  }
  return flags & MAP_SHARED ? flags : flags | MAP_PRIVATE;
}

// What the process uses that a trace's limit does not count, bytes.
static u64 used(int resource, const struct counters* counters) {
  const int64_t pages = resource == RLIMIT_AS     ? counters->total
                        : resource == RLIMIT_DATA ? counters->data
                                                  : 0;
  return (u64)pages * pageSize;
}

static int setLimit(const char* which, const char* value) {
  unsigned i = 0;
  while (i < limitCount && !same(which, limits[i].name))
    ++i;
  if (i == limitCount) return cannot("a limit that this program does not know");
  const int resource = limits[i].resource;
  const u64 base = used(resource, &life.start);
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return refused(errno);
  const u64 wanted = same(value, "unlimited") ? RLIM_INFINITY : number(value, 0);
  limit.rlim_cur = wanted > RLIM_INFINITY - base ? RLIM_INFINITY : wanted + base;
  if (limit.rlim_cur > limit.rlim_max) return cannot("a hard limit is below what the step sets");
  life.lowered &= ~(1U << i);
  return answered(setrlimit(resource, &limit));
}

static int forkStep(void) {
  const pid_t child = fork();
  if (child < 0) {
    if (errno == EAGAIN) return cannot("no more processes are allowed");
    return refused(errno);
  }
  if (child != 0) {
    int status = 0;
    while (waitpid(child, &status, 0) != child) {
    }
    if (WIFSIGNALED(status)) {
      // As the child died, so that who waits for the trace sees it.
      signal(WTERMSIG(status), SIG_DFL);
      raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 8);
  }
  life.forked = 1;
  strcpy(outcome, "ok");
  return openViews();
}

static int touchStep(u64 address, char kind) {
  const char* const signal = touch(address, kind);
  if (reason[0]) return 0;
  strcpy(outcome, signal ? signal : "ok");
  if (signal && signalAddress != address) {
    strcat(outcome, " at ");
    appendAddress(signalAddress);
  }
  return 1;
}

// The least address of this kernel, bytes.
static u64 least(void) {
  return place.minAddr > place.effectiveMinAddr ? place.minAddr : place.effectiveMinAddr;
}

// Whether a range may be acted on, `filled` bytes of it becoming present.
static int allowed(u64 address, u64 length, u64 filled) {
  if (!inWindows(address, length))
    return cannot("the step leaves the windows, and is never carried out on a real system");
  const u64 wanted = life.minAddr > life.lsmMinAddr ? life.minAddr : life.lsmMinAddr;
  if ((address < windows[0].end || address < wanted) &&
      (life.minAddr != place.minAddr || wanted != least()))
    return cannot("the least address of this kernel is not that of the trace");
  if (filled > mostFilled || seen.resident * pageSize + filled > mostResident)
    return cannot("the step fills too much memory to be carried out on a real system");
  return 1;
}

// Whether so much more could be more than RLIMIT_MEMLOCK lets a process lock.
static int overLimit(u64 bytes) {
  struct rlimit limit;
  const u64 locked = (u64)(seen.counters.locked + 1) * pageSize;
  return life.locked && (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || bytes > limit.rlim_cur ||
                         locked + roundUp(bytes) > limit.rlim_cur);
}

// Whether a refusal is one that the trace meets in a place without the limits of this one, too. The
// range is what the step would have mapped or locked; `charged`: bytes of memory that the kernel
// may have found too many.
static int believed(u64 address, u64 length, u64 charged) {
  if (outcome[0] == 'o') return 1;
  if (life.capable == 0 && (address < least() || overLimit(length)))
    return cannot("the step was refused, and may want a capability that is not there");
  if (charged != 0 && (place.overcommit == 2 || (place.overcommit == 0 && charged > place.memory)))
    return cannot("overcommit refused the step (vm.overcommit_memory is not 1)");
  return 1;
}

// What a call on that much is charged.
static u64 charged(u64 bytes) {
  return same(outcome, "ENOMEM") ? bytes : 0;
}

// What growth by that much is charged; nothing where RLIMIT_STACK refuses it before.
static u64 chargedGrowth(u64 bytes) {
  struct rlimit limit;
  const int made = outcome[0] == 'o';
  return made || (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < bytes) ? 0 : bytes;
}

// Performs one step. 1: `outcome` says what it did; 0: `reason` says why that is not known.
static int perform(char** w, int words) {
  reason[0] = 0;
  seen.touched = 0;
  const char* const step = w[0];
  if (same(step, "fork")) return forkStep();
  if (same(step, "capable")) {
    life.capable = -1; // no longer wanted
    return answered(dropCapabilities());
  }
  if (words < 2) return cannot("not a step");
  if (same(step, "limit") && words == 3) return setLimit(w[1], w[2]);
  if (life.lowered) return cannot("a hard limit is below what every trace starts with");
  if (same(step, "sp")) {
    life.ownStackPointer = same(w[1], "own");
    life.stackPointer = number(w[1], 0);
    strcpy(outcome, "ok");
    return 1;
  }

  // The areas that the step may add could meet a count that is not the trace's.
  const u64 room = place.maxMapCount - life.ownAreas;
  if (life.maxMapCount != room &&
      seen.allAreas - life.ownAreas + 8 > (room < life.maxMapCount ? room : life.maxMapCount))
    return cannot("vm.max_map_count leaves this process another number of areas");
  if (words < 3) return cannot("not a step");

  const u64 address = number(w[1], 0), length = number(w[2], 0);
  void* const at = (void*)(uintptr_t)address;
  const char kind = w[2][0];
  const int touches = same(step, "touch"), gup = same(step, "gup");
  if (touches || gup || same(step, "kernel")) {
    // Growth by get_user_pages fills what is locked.
    const u64 grows = growth(address);
    if (!allowed(address, 1, gup && life.locked ? grows : 0)) return 0;
    if (gup && !place.gup) return cannot("process_vm_readv is not allowed here");
    if (touches) {
      if (!touchStep(address, kind)) return 0;
    } else {
      const int error = gup ? gupAccess(address, kind) : kernelAccess(address, kind);
      if (error != 0 && !refused(error)) return 0;
      if (error == 0) strcpy(outcome, "ok");
    }
    return believed(address, grows + pageSize, chargedGrowth(grows));
  }

  if (same(step, "mmap") && words == 5) {
    const int prot = rights(w[3]), flags = mapFlags(w[4]);
    if (prot == PROT_EXEC && !place.readsExecutable)
      return cannot("what may be executed only cannot be read here");
    life.locked |= (flags & MAP_LOCKED) != 0;
    const int fills = (flags & (MAP_LOCKED | MAP_POPULATE)) != 0;
    if (!allowed(address, length, fills ? length : 0)) return 0;
    return mapped(mmap(at, length, prot, flags, -1, 0), length) &&
           believed(address, length, charged(length));
  }
  if (same(step, "mremap") && words >= 4) {
    const u64 newLength = number(w[3], 0);
    const int to = words == 6 && same(w[4], "to");
    const int move = words >= 5;
    const u64 target = to ? number(w[5], 0) : address;
    // What is there already moves.
    const u64 filled = life.locked && newLength > length ? newLength - length : 0;
    if (!allowed(address, length, filled) || !allowed(target, newLength, filled)) return 0;
    void* const got =
        (void*)syscall(SYS_mremap, at, length, newLength,
                       (move ? MREMAP_MAYMOVE : 0) | (to ? MREMAP_FIXED : 0), to ? target : 0);
    return mapped(got, newLength) &&
           believed(target < address ? target : address, newLength, charged(newLength));
  }
  const int locks = same(step, "mlock"), protects = same(step, "mprotect");
  const u64 before = protects && words == 5 ? above(address) : 0; // PROT_GROWSDOWN
  life.locked |= locks;
  if (!allowed(address, length, locks || (life.locked && protects) ? before + length : 0)) return 0;
  if (protects && words >= 4) {
    const int prot = rights(w[3]);
    if (prot == PROT_EXEC && !place.readsExecutable)
      return cannot("what may be executed only cannot be read here");
    return answered(mprotect(at, length, prot | (words == 5 ? PROT_GROWSDOWN : 0))) &&
           believed(address, length, charged(before + length));
  }
  if (locks) return answered(mlock(at, length)) && believed(address, length, charged(length));
  if (same(step, "munmap")) return answered(munmap(at, length));
  if (same(step, "munlock")) return answered(munlock(at, length));
  if (same(step, "dontneed")) return answered(madvise(at, length, MADV_DONTNEED));
  return cannot("a step that this program does not know");
}

#ifndef GROWSDOWN_TRACE
// ---- the process behind --on host: the line protocol

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>

// What was read and not yet used, in memory that the process of a trace shares with its parent:
// what one leaves the other goes on with.
static struct input {
  size_t from, to;
  char text[1 << 16];
} * input;
static char line[mostLine];
static size_t lineSize; // in the input, with its newline

// The next line into `line`, which stays unread. 0 at the end.
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
  const struct counters *now = &seen.counters, *start = &life.start;
  const int64_t values[partCount] = {now->total - start->total,
                                     now->stack - start->stack,
                                     now->locked - start->locked,
                                     now->data - start->data,
                                     now->tables - start->tables,
                                     0,
                                     seen.faults};
  unsigned show = place.shows & ~(1U << pagesPart);
  if (life.forked || life.elsewhere) show &= ~(1U << tablesPart);
  if (life.forked || !seen.touched) show &= ~(1U << faultsPart);
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

static int isMachine; // all of it is this program's

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

// Takes the parameters of a start request on, as far as the machine may be changed.
static int takeOn(char** words, int count) {
  life.minAddr = 4096;
  life.lsmMinAddr = 0;
  life.maxMapCount = 65530;
  for (int i = 1; i + 1 < count; i += 2) {
    const u64 value = number(words[i + 1], 0);
    if (same(words[i], "page") && value != pageSize)
      return cannot("this kernel has another page size");
    // What lies above the windows shows in nothing that is carried out.
    if (same(words[i], "va-bits") && (value < 38) != (place.vaBits < 38))
      return cannot("this kernel has other address bits");
    if (same(words[i], "min-addr")) life.minAddr = value;
    if (same(words[i], "lsm-min-addr")) life.lsmMinAddr = value;
    if (same(words[i], "max-map-count")) life.maxMapCount = value;
  }
  if (!isMachine) return 1;
  reason[0] = 0;
  place.minAddr = life.minAddr;
  place.maxMapCount = life.maxMapCount + seen.allAreas;
  setKernel("mmap_min_addr", place.minAddr);
  setKernel("max_map_count", place.maxMapCount);
  return reason[0] == 0;
}

// The process of one trace: until the next one begins.
static void live(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  use(input, sizeof *input);
  int good = begin(); // else it says so, again and again
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

// The `with` lines of a trace that is made for this place.
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
    // The process of a trace may have used a little more when the trace begins.
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
  put("\nahead\n");
  if (settled && observe()) putPlace();
  put(".\n");
}

// As the first process of a machine that is made for this program alone: what traces ask for is
// given, and the console is the line to the suite.
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
  output = common(sizeof *output);
  // A container's first process has a name of its own.
  if (getpid() == 1 && argc > 0 && same(argv[0], "/init")) makeMachine();
  input = common(sizeof *input);
  // --text: for who wants to hold the two ways of looking against each other.
  const int settled = settle(!(argc > 1 && same(argv[1], "--text")));
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
      int good = settled && takeOn(words, count);
      if (initial) good = cannot("a real system begins with empty windows");
      initial = 0;
      if (!good) {
        putUnknown();
        continue;
      }
      const pid_t child = fork();
      if (child == 0) live();
      int ended = 0;
      while (child > 0 && waitpid(child, &ended, 0) != child) {
      }
      if (child > 0 && ended == 0) continue;
      flushOutput();
      static const char died[] = "the process of the trace died\n";
      if (write(2, died, sizeof died - 1) < 0) return 9;
      return 8;
    } else {
      if (!reason[0]) cannot("no trace has begun"); // else why the last one did not
      putUnknown();
    }
  }
  flushOutput();
  return 0;
}

#else
// ---- a program of its own: the trace in front of this text

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
  } counters[] = {{"= pages size ", seen.counters.total - life.start.total},
                  {" stack ", seen.counters.stack - life.start.stack},
                  {" locked ", seen.counters.locked - life.start.locked},
                  {" data ", seen.counters.data - life.start.data}};
  for (unsigned i = 0; i < sizeof counters / sizeof *counters; ++i) {
    put(counters[i].name);
    putSigned(counters[i].value);
  }
  put(" resident ");
  putDecimal(seen.resident);
  if (!life.forked && !life.elsewhere) {
    put(" tables ");
    putSigned(seen.counters.tables - life.start.tables);
  }
  put("\n");
  if (!seen.touched || life.forked) return;
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

// Whether each line expected is among those observed, and no other area where the trace shows all.
// What the place does not show is not expected.
static int agrees(const char* expected, const char* observed) {
  const unsigned hidden = ~place.shows & ((1U << pagesPart) | ((1U << tablesPart) - 1));
  for (const char* e = expected; *e; e += lineLength(e) + 1) {
    const size_t size = lineLength(e);
    if (hidden && strncmp(e, "= pages", 7) == 0) continue;
    if (!(place.shows >> faultsPart & 1) && strncmp(e, "= faults", 8) == 0) continue;
    const char* o = observed;
    // Page tables stand at the end of a line, and need not be expected.
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
  const int any = same(step->outcome, "ok") && strncmp(outcome, "ok ", 3) == 0; // address
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
  output = common(sizeof *output);
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
  int good = settle(1);
  life.minAddr = growsdownWith.minAddr;
  life.lsmMinAddr = growsdownWith.lsmMinAddr;
  life.maxMapCount = growsdownWith.maxMapCount;
  if (good && pageSize != growsdownWith.page) good = cannot("this kernel has another page size");
  const pid_t child = good ? fork() : -1;
  if (child == 0) {
    good = begin();
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
#endif
