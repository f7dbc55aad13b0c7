// Reads the state of this process from /proc/self: areas, present pages and counters.
#pragma once

#include "base.h"
#include "text.h"

struct counters {
  int64_t total, stack, locked, data, tables; // pages
};

// Properties of the machine and this process, measured once.
static struct place {
  int vaBits;
  u64 minAddr;          // vm.mmap_min_addr, bytes
  u64 effectiveMinAddr; // where growth stops
  u64 maxMapCount;
  int overcommit;      // vm.overcommit_memory
  u64 memory;          // bytes
  int gup;             // process_vm_readv works
  int readsExecutable; // pages mapped PROT_EXEC alone can be read
  unsigned shows;      // a bit for each of `parts`
  int queries;         // areas and pages are read by ioctl, not as text
  unsigned lowered;    // bit i: the hard limit of limits[i] is below its initial value
} place;

// The parts of the state besides areas. Kernels other than Linux do not show all of them.
enum { tablesPart = 4, pagesPart, faultsPart, partCount };
static const struct {
  const char *name, *key; // key: in /proc/self/status
} parts[partCount] = {{"total", "VmSize:"}, {"stack", "VmStk:"},  {"locked", "VmLck:"},
                      {"data", "VmData:"},  {"tables", "VmPTE:"}, {"pages", 0},
                      {"faults", 0}};

static const struct {
  const char* name; // in traces
  int resource;
  rlim_t soft; // the initial value in every trace
} limits[] = {{"stack", RLIMIT_STACK, 8 << 20},
              {"as", RLIMIT_AS, RLIM_INFINITY},
              {"memlock", RLIMIT_MEMLOCK, 64 << 10},
              {"data", RLIMIT_DATA, RLIM_INFINITY},
              {"", RLIMIT_CORE, 0}};
enum { limitCount = sizeof limits / sizeof *limits };

// The trace that runs in this process.
static struct trace {
  struct counters start; // of the process when the trace began
  unsigned ownAreas;     // areas of the process when the trace began
  unsigned otherAreas;   // areas outside the windows now
  int otherKnown;        // otherAreas is up to date
  u64 minAddr, lsmMinAddr, maxMapCount;
  unsigned lowered; // as place.lowered, without the limits that the trace has set
  int forked, elsewhere, capable, locked;
  int ownStackPointer;
  u64 stackPointer;
} trace;

// The last observation.
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

static char reason[reasonSize]; // why the last step is unknown; empty if it is known

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

// A file of /proc/self. It is kept open if it is procfs, whose files show the present state at each
// read. An emulator may create a new file at each open instead.
static struct view {
  const char* path;
  int file;
  int live; // 1: procfs; -1: not yet opened
} mapsView = {"/proc/self/maps", -1, -1}, statusView = {"/proc/self/status", -1, -1},
  pagemapView = {"/proc/self/pagemap", -1, -1};

static int openView(struct view* view) {
  struct statfs system;
  if (view->file >= 0) close(view->file);
  view->file = open(view->path, O_RDONLY | O_CLOEXEC);
  if (view->live < 0 && view->file >= 0)
    view->live = fstatfs(view->file, &system) == 0 && system.f_type == 0x9fa0; // procfs
  return view->file >= 0;
}

// To be called before each read.
static int ready(struct view* view) {
  return view->live > 0 || openView(view);
}

// To be called once in every process that is observed.
static int openViews(void) {
  if (!openView(&mapsView)) return cannot("/proc/self/maps cannot be opened");
  if (!openView(&statusView)) return cannot("/proc/self/status cannot be opened");
  if (place.shows >> pagesPart & 1 && !openView(&pagemapView))
    return cannot("/proc/self/pagemap cannot be opened");
  return 1;
}

static int readCounters(struct counters* out) {
  if (!ready(&statusView)) return cannot("/proc/self/status cannot be opened");
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

// Adds the present pages of a range to seen.runs. The range has no more pages than `entries`.
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

// Adds the present pages of an area to seen.runs. pagemap takes time for every absent page. mincore
// skips them quickly in a private area, and never reports a present page as absent. So pagemap is
// read only near the pages that mincore reports.
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
  if (start >> 63) return 1; // [vsyscall] is not an area
  ++seen.allAreas;
  for (unsigned i = 0; i < 2; ++i)
    if (end > windows[i].start && start < windows[i].end &&
        !addArea(start, end, at + 1, windows + i))
      return 0;
  return 1;
}

static int readAreas(void) {
  if (!ready(&mapsView)) return cannot("/proc/self/maps cannot be opened");
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

// Finds the area at `address` or the next one by PROCMAP_QUERY (Linux 6.11). Returns an errno.
static int queryArea(u64 address, u64* start, u64* end, char* rights) {
  struct {
    u64 size, flags, address, start, end, rights;
  } query = {sizeof query, 0x10 /* this area or the next one */, address, 0, 0, 0};
  // The size in the request number is that of the full structure.
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
      if (error != 0) return cannot("/proc/self/maps does not answer queries");
      if (start < windows[i].end && !addArea(start, end, rights, windows + i)) return 0;
    }
  }
  seen.allAreas = trace.otherAreas + seen.areaCount;
  return 1;
}

// Adds the present pages of a range to seen.runs by PAGEMAP_SCAN (Linux 6.7).
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
    if (count < 0 || scan.walked <= start)
      return cannot("/proc/self/pagemap does not answer queries");
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
      u64 start = 0, end = 0; // from the first to the last area in the window
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

// Reads the state of the process. Returns 0, with a reason, if some of it cannot be read.
static int observe(void) {
  seen.areaCount = seen.runCount = 0;
  seen.resident = 0;
  const int good = place.queries && trace.otherKnown ? queryAreas() : readAreas();
  trace.otherAreas = seen.allAreas - seen.areaCount;
  trace.otherKnown = 1;
  return good && observePages() && readCounters(&seen.counters);
}

// The bytes by which the next area above an address would have to grow to include it. 0 if an area
// includes it already, or if there is none above.
static u64 growth(u64 address) {
  for (unsigned i = 0; i < seen.areaCount; ++i)
    if (seen.areas[i].end > address)
      return seen.areas[i].start > address ? seen.areas[i].start - address : 0;
  return 0;
}

// The distance in bytes from the start of the area that includes an address.
static u64 above(u64 address) {
  for (unsigned i = 0; i < seen.areaCount; ++i)
    if (seen.areas[i].start <= address && address < seen.areas[i].end)
      return address - seen.areas[i].start;
  return 0;
}
