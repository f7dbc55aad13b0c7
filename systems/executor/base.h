// The constants of the executor: the windows of a trace, and limits.
#pragma once

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
  mostRuns = 4096,  // ranges of present pages
  mostLine = 512,
  reasonSize = 160,
};
#define mostFilled (64ULL << 20)    // bytes that one step may make present
#define mostResident (256ULL << 20) // bytes that may be present in the windows when it does

static const struct window {
  u64 start, end;
} windows[] = {{0, 0x200000}, {0x800000000, 0x2000000000}};
// The page tables that lead to this address exist before the trace and stay.
#define programAddress ((u64)0x400000)

static u64 pageSize;
