// Measures the machine, and prepares this process for a trace.
#pragma once

#include "access.h"
#include "base.h"
#include "observe.h"
#include "text.h"

// Runs a probe in a child and returns its result from 0 to 255; 255 if the child died.
static int inChild(int (*probe)(void)) {
  const pid_t child = fork();
  if (child == 0) _exit(probe());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 255;
  return WEXITSTATUS(status);
}

// The lowest page that an area below 1 MiB grows to. 254: no limit was found; 255: not known.
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

// The number of bits of a user address, found by placing a mapping as high as possible.
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

// Creates the page tables for memory of this program, which spans at most two tables.
static void use(void* memory, size_t size) {
  volatile char* const bytes = memory;
  bytes[0] = bytes[0];
  bytes[size - 1] = bytes[size - 1];
}

// Populates as much of the stack as the steps of a trace may use.
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

// Fills in `place` and prepares this process for any trace: it installs signal handlers, reserves
// the addresses around the windows and sets the initial limits. There are no huge pages and no
// protection keys. `queries`: read areas and pages by ioctl if the kernel can.
static int prepare(int queries) {
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
  // If a key is free, the kernel uses it to make pages mapped PROT_EXEC alone unreadable.
  while (syscall(SYS_pkey_alloc, 0, 0) > 0) {
  }
#endif
  for (unsigned i = 0; i < limitCount; ++i) {
    struct rlimit limit = {limits[i].soft, RLIM_INFINITY};
    if (setrlimit(limits[i].resource, &limit) == 0) continue; // privileged
    if (getrlimit(limits[i].resource, &limit) != 0) return cannot("a limit cannot be read");
    if (limits[i].soft > limit.rlim_max) place.lowered |= 1U << i;
    limit.rlim_cur = limits[i].soft < limit.rlim_max ? limits[i].soft : limit.rlim_max;
    if (setrlimit(limits[i].resource, &limit) != 0) return cannot("a limit cannot be set");
  }

  trace.ownStackPointer = 1;
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

// The arguments of capget and capset, version 3.
struct capHeader {
  uint32_t version;
  int pid;
};
struct capSets {
  uint32_t effective, permitted, inheritable;
};

// Whether this process has CAP_SYS_RAWIO (17) and CAP_IPC_LOCK (14), which the rules ask for.
static int capable(void) {
  struct capHeader header = {0x20080522, 0};
  struct capSets sets[2];
  memset(sets, 0, sizeof sets);
  return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective >> 17 & 1) &&
         (sets[0].effective >> 14 & 1);
}

static int dropCapabilities(void) {
  struct capHeader header = {0x20080522, 0};
  struct capSets sets[2];
  memset(sets, 0, sizeof sets);
  return (int)syscall(SYS_capset, &header, sets);
}

// Prepares the process of a trace before its first step. It touches all memory that the program
// will use, so that the program causes no fault and no new page table later.
static int beginTrace(void) {
  reason[0] = 0;
  trace.forked = trace.elsewhere = trace.locked = 0;
  trace.ownStackPointer = 1;
  trace.capable = capable();
  trace.lowered = place.lowered;
  if (!openViews()) return 0;
  use(output, sizeof *output);
  use(&seen, sizeof seen);
  useStack();
  touch(programAddress, 'r');
  touch(windows[0].end, 'r');
  seen.touched = 0;
  if (!observe()) return 0;
  if (seen.areaCount != 0) return cannot("the windows are not empty");
  trace.start = seen.counters;
  trace.ownAreas = seen.allAreas;
  return 1;
}
