// Performs the steps of a trace.
#pragma once

#include "access.h"
#include "base.h"
#include "observe.h"
#include "place.h"
#include "text.h"

static char outcome[128]; // of the last step, as trace text

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

// The output buffer serves as scratch space for the digits.
static void append(void (*print)(u64), u64 value) {
  if (output->size + 32 > sizeof output->text) flushOutput();
  const size_t from = output->size;
  print(value);
  const size_t have = strlen(outcome);
  memcpy(outcome + have, output->text + from, output->size - from);
  outcome[have + output->size - from] = 0;
  output->size = from;
}

// The outcome of mmap and mremap.
static int mapped(void* result, u64 length) {
  if (result == MAP_FAILED) return refused(errno);
  const u64 address = (u64)(uintptr_t)result;
  if (!inWindows(address, roundUp(length))) {
    trace.elsewhere = 1;
    trace.otherKnown = 0;
    strcpy(outcome, "ok elsewhere");
    return 1;
  }
  strcpy(outcome, "ok ");
  append(putAddress, address);
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

// The bytes that this program uses itself and that a trace's limit does not include.
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
  const u64 base = used(resource, &trace.start);
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return refused(errno);
  const u64 wanted = same(value, "unlimited") ? RLIM_INFINITY : number(value, 0);
  limit.rlim_cur = wanted > RLIM_INFINITY - base ? RLIM_INFINITY : wanted + base;
  if (limit.rlim_cur > limit.rlim_max) return cannot("a hard limit is below what the step sets");
  trace.lowered &= ~(1U << i);
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
      // Die by the same signal, so that the parent of this process sees it.
      signal(WTERMSIG(status), SIG_DFL);
      raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 8);
  }
  trace.forked = 1;
  strcpy(outcome, "ok");
  return openViews();
}

static int touchStep(u64 address, char kind) {
  const char* const signal = touch(address, kind);
  if (reason[0]) return 0;
  strcpy(outcome, signal ? signal : "ok");
  if (signal && signalAddress != address) {
    strcat(outcome, " at ");
    append(putAddress, signalAddress);
  }
  return 1;
}

// The lowest address that this kernel lets a process map.
static u64 least(void) {
  return place.minAddr > place.effectiveMinAddr ? place.minAddr : place.effectiveMinAddr;
}

// Whether a step may be carried out on a range, of which it makes `filled` bytes present.
static int allowed(u64 address, u64 length, u64 filled) {
  if (!inWindows(address, length))
    return cannot("the step leaves the windows, and is never carried out on a real system");
  const u64 wanted = trace.minAddr > trace.lsmMinAddr ? trace.minAddr : trace.lsmMinAddr;
  if ((address < windows[0].end || address < wanted) &&
      (trace.minAddr != place.minAddr || wanted != least()))
    return cannot("the lowest mappable address of this kernel is not that of the trace");
  if (filled > mostFilled || seen.resident * pageSize + filled > mostResident)
    return cannot("the step fills too much memory to be carried out on a real system");
  return 1;
}

// Whether locking `bytes` more may exceed RLIMIT_MEMLOCK.
static int overLimit(u64 bytes) {
  struct rlimit limit;
  const u64 locked = (u64)(seen.counters.locked + 1) * pageSize;
  return trace.locked && (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || bytes > limit.rlim_cur ||
                          locked + roundUp(bytes) > limit.rlim_cur);
}

// Whether the outcome is what the trace would meet on any machine. A refusal may instead be due to
// a missing capability or to the memory of this machine. The range is what the step would have
// mapped or locked; `charged` is the number of bytes that the kernel may have found too many.
static int believed(u64 address, u64 length, u64 charged) {
  if (outcome[0] == 'o') return 1;
  if (trace.capable == 0 && (address < least() || overLimit(length)))
    return cannot("the step was refused, maybe because it requires a missing capability");
  if (charged != 0 && (place.overcommit == 2 || (place.overcommit == 0 && charged > place.memory)))
    return cannot("overcommit refused the step (vm.overcommit_memory is not 1)");
  return 1;
}

// The bytes charged for a call that was refused with ENOMEM.
static u64 charged(u64 bytes) {
  return same(outcome, "ENOMEM") ? bytes : 0;
}

// The bytes charged for refused growth. Nothing is charged if RLIMIT_STACK refuses it first.
static u64 chargedGrowth(u64 bytes) {
  struct rlimit limit;
  const int made = outcome[0] == 'o';
  return made || (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < bytes) ? 0 : bytes;
}

// Whether the areas that a step may add stay below the limit of the trace, or that of this machine
// is the same.
static int mayAddAreas(void) {
  const u64 room = place.maxMapCount - trace.ownAreas;
  return trace.maxMapCount == room ||
         seen.allAreas - trace.ownAreas + 8 <=
             (room < trace.maxMapCount ? room : trace.maxMapCount) ||
         cannot("vm.max_map_count leaves this process a different number of areas");
}

static int mayProtect(int prot) {
  return prot != PROT_EXEC || place.readsExecutable ||
         cannot("pages that are only executable cannot be read here");
}

static int accessStep(const char* step, u64 address, char kind) {
  const int gup = same(step, "gup");
  const u64 grows = growth(address);
  // get_user_pages populates what it adds to a locked area.
  if (!allowed(address, 1, gup && trace.locked ? grows : 0)) return 0;
  if (gup && !place.gup) return cannot("process_vm_readv is not allowed here");
  if (same(step, "touch")) {
    if (!touchStep(address, kind)) return 0;
  } else {
    const int error = gup ? gupAccess(address, kind) : kernelAccess(address, kind);
    if (error != 0 && !refused(error)) return 0;
    if (error == 0) strcpy(outcome, "ok");
  }
  return believed(address, grows + pageSize, chargedGrowth(grows));
}

static int mmapStep(u64 address, u64 length, int prot, int flags) {
  if (!mayProtect(prot)) return 0;
  trace.locked |= (flags & MAP_LOCKED) != 0;
  const int fills = (flags & (MAP_LOCKED | MAP_POPULATE)) != 0;
  if (!allowed(address, length, fills ? length : 0)) return 0;
  return mapped(mmap((void*)(uintptr_t)address, length, prot, flags, -1, 0), length) &&
         believed(address, length, charged(length));
}

static int mremapStep(u64 address, u64 length, char** w, int words) {
  const u64 newLength = number(w[3], 0);
  const int to = words == 6 && same(w[4], "to");
  const int move = words >= 5;
  const u64 target = to ? number(w[5], 0) : address;
  // Pages that are present only move.
  const u64 filled = trace.locked && newLength > length ? newLength - length : 0;
  if (!allowed(address, length, filled) || !allowed(target, newLength, filled)) return 0;
  void* const got =
      (void*)syscall(SYS_mremap, (void*)(uintptr_t)address, length, newLength,
                     (move ? MREMAP_MAYMOVE : 0) | (to ? MREMAP_FIXED : 0), to ? target : 0);
  return mapped(got, newLength) &&
         believed(target < address ? target : address, newLength, charged(newLength));
}

// mincore: a digit for each of the first 64 pages, and the number of resident pages after those.
static int mincoreStep(u64 address, u64 length) {
  enum { listed = 64 };
  const u64 pages = roundUp(length) / pageSize;
  if (!allowed(address, length, 0)) return 0;
  if (pages > sizeof inCore) return cannot("a range of more pages than this program asks about");
  if (mincore((void*)(uintptr_t)address, length, inCore) != 0) return refused(errno);
  strcpy(outcome, "ok");
  char* to = outcome + strlen(outcome);
  if (pages != 0) *to++ = ' ';
  for (u64 i = 0; i < pages && i < listed; ++i)
    *to++ = (char)('0' + (inCore[i] & 1));
  *to = 0;
  if (pages <= listed) return 1;
  u64 after = 0;
  for (u64 i = listed; i < pages; ++i)
    after += inCore[i] & 1;
  *to++ = '+';
  *to = 0;
  append(putDecimal, after);
  return 1;
}

// The calls on a range that exists: mprotect, mlock, munmap, munlock, madvise and mincore.
static int rangeStep(u64 address, u64 length, char** w, int words) {
  const char* const step = w[0];
  void* const at = (void*)(uintptr_t)address;
  const int locks = same(step, "mlock"), protects = same(step, "mprotect");
  const u64 before = protects && words == 5 ? above(address) : 0; // PROT_GROWSDOWN
  trace.locked |= locks;
  if (!allowed(address, length, locks || (trace.locked && protects) ? before + length : 0))
    return 0;
  if (protects && words >= 4) {
    const int prot = rights(w[3]);
    if (!mayProtect(prot)) return 0;
    return answered(mprotect(at, length, prot | (words == 5 ? PROT_GROWSDOWN : 0))) &&
           believed(address, length, charged(before + length));
  }
  if (locks) return answered(mlock(at, length)) && believed(address, length, charged(length));
  if (same(step, "munmap")) return answered(munmap(at, length));
  if (same(step, "munlock")) return answered(munlock(at, length));
  if (same(step, "dontneed")) return answered(madvise(at, length, MADV_DONTNEED));
  if (same(step, "mincore")) return mincoreStep(address, length);
  return cannot("a step that this program does not know");
}

// Performs one step. Returns 1 with `outcome`, or 0 with the `reason` why it is unknown.
static int perform(char** w, int words) {
  reason[0] = 0;
  seen.touched = 0;
  const char* const step = w[0];
  if (same(step, "fork")) return forkStep();
  if (same(step, "capable")) {
    trace.capable = -1; // dropped by the trace
    return answered(dropCapabilities());
  }
  if (words < 2) return cannot("not a step");
  if (same(step, "limit") && words == 3) return setLimit(w[1], w[2]);
  if (trace.lowered) return cannot("a hard limit is below the initial limit of every trace");
  if (same(step, "sp")) {
    trace.ownStackPointer = same(w[1], "own");
    trace.stackPointer = number(w[1], 0);
    strcpy(outcome, "ok");
    return 1;
  }
  if (!mayAddAreas()) return 0;
  if (words < 3) return cannot("not a step");

  const u64 address = number(w[1], 0), length = number(w[2], 0);
  if (same(step, "touch") || same(step, "gup") || same(step, "kernel"))
    return accessStep(step, address, w[2][0]);
  if (same(step, "mmap") && words == 5)
    return mmapStep(address, length, rights(w[3]), mapFlags(w[4]));
  if (same(step, "mremap") && words >= 4) return mremapStep(address, length, w, words);
  return rangeStep(address, length, w, words);
}
