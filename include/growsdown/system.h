/* growsdown: the C interface of a system under test, version 1.
 *
 * A shared library that exports growsdown_open() is a system: a simulation of one address space,
 * which `growsdown conform --on plugin:libmine.so` (and every other command that takes --on) holds
 * to Linux's rules. docs/tutorial-own-system.md shows how; examples/naive is one.
 *
 * The library is loaded by a process of its own, which calls it from one thread. It may crash, hang
 * or exit: that is reported. What it writes to standard output goes to standard error.
 *
 * Addresses, lengths and limits are in bytes. What the steps mean is told in docs/trace-format.md.
 *
 * What may change within version 1: structures grow at their ends, and constants are added. So each
 * structure has its size where the two sides may have been compiled with different headers, and a
 * reader looks at no more than both know. Anything else is a new version.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GROWSDOWN_SYSTEM_H
#define GROWSDOWN_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GROWSDOWN_ABI 1U

/* ------------------------------------------------------------------------------------- steps */

enum growsdown_op {
  GROWSDOWN_LIMIT,    /* setrlimit: limit, length (the new soft limit) */
  GROWSDOWN_CAPABLE,  /* all capabilities are dropped */
  GROWSDOWN_MMAP,     /* address, length, prot, flags; always anonymous */
  GROWSDOWN_MUNMAP,   /* address, length */
  GROWSDOWN_MPROTECT, /* address, length, prot, flags: GROWSDOWN_GROWSDOWN for PROT_GROWSDOWN */
  GROWSDOWN_MLOCK,    /* address, length */
  GROWSDOWN_MUNLOCK,  /* address, length */
  GROWSDOWN_DONTNEED, /* madvise(MADV_DONTNEED): address, length */
  GROWSDOWN_MREMAP,   /* address, length (the old one), new_length, flags, target */
  GROWSDOWN_FORK,     /* fork; the address space goes on as the child's, the parent waits */
  GROWSDOWN_TOUCH,    /* user mode reads or writes the byte at address, or fetches the instruction
                         there, at the multiple of four at or below address: access */
  GROWSDOWN_SP,       /* the stack pointer of later touches: address, or flags GROWSDOWN_OWN */
  GROWSDOWN_KERNEL,   /* the kernel reads or writes the byte for the caller: address, access */
  GROWSDOWN_GUP       /* … through get_user_pages: address, access */
};

enum growsdown_access { GROWSDOWN_ACCESS_READ, GROWSDOWN_ACCESS_WRITE, GROWSDOWN_ACCESS_EXEC };

enum growsdown_limit {
  GROWSDOWN_LIMIT_STACK,
  GROWSDOWN_LIMIT_AS,
  GROWSDOWN_LIMIT_MEMLOCK,
  GROWSDOWN_LIMIT_DATA
};
#define GROWSDOWN_UNLIMITED UINT64_MAX

/* prot: of steps, areas (in their flags) and pages */
#define GROWSDOWN_READ 1U
#define GROWSDOWN_WRITE 2U
#define GROWSDOWN_EXEC 4U

/* flags of a step */
#define GROWSDOWN_FIXED (1U << 0)
#define GROWSDOWN_FIXED_NOREPLACE (1U << 1)
#define GROWSDOWN_GROWSDOWN (1U << 2)
#define GROWSDOWN_SHARED (1U << 3)
#define GROWSDOWN_NORESERVE (1U << 4)
#define GROWSDOWN_LOCKED (1U << 5)
#define GROWSDOWN_POPULATE (1U << 6)
#define GROWSDOWN_STACK (1U << 7)
#define GROWSDOWN_MAYMOVE (1U << 8) /* mremap */
#define GROWSDOWN_TO (1U << 9)      /* mremap: MREMAP_MAYMOVE | MREMAP_FIXED, to target */
#define GROWSDOWN_OWN (1U << 10)    /* sp: the process's own, far above the windows */

struct growsdown_step {
  uint32_t size;  /* sizeof(struct growsdown_step) of the caller */
  uint8_t op;     /* enum growsdown_op */
  uint8_t access; /* enum growsdown_access */
  uint8_t limit;  /* enum growsdown_limit */
  uint8_t prot;
  uint32_t flags;
  uint32_t reserved;
  uint64_t address;
  uint64_t length;
  uint64_t new_length;
  uint64_t target;
};

/* ---------------------------------------------------------------------------------- outcomes */

enum growsdown_kind {
  GROWSDOWN_UNKNOWN, /* the system cannot do this; reason says why. The trace ends here */
  GROWSDOWN_OK,
  GROWSDOWN_OK_AT, /* mmap and mremap: address is what they returned */
  GROWSDOWN_ERROR, /* error is the errno, as Linux numbers them on arm64 and x86-64 */
  GROWSDOWN_SIGNAL /* a touch: signal; address is si_addr where has_address, else as touched */
};

enum growsdown_signal {
  GROWSDOWN_SEGV_MAPERR = 1,
  GROWSDOWN_SEGV_ACCERR,
  GROWSDOWN_SEGV_PKUERR,
  GROWSDOWN_SEGV_KERNEL,
  GROWSDOWN_BUS_ADRERR
};

/* All zero when the system gets it to fill in. */
struct growsdown_outcome {
  uint32_t size; /* sizeof(struct growsdown_outcome) of the caller */
  uint32_t kind; /* enum growsdown_kind */
  uint32_t error;
  uint32_t signal; /* enum growsdown_signal */
  uint32_t has_address;
  uint32_t reserved;
  uint64_t address;
  const char* reason; /* lives until the next call, or NULL */
};

/* ------------------------------------------------------------------------------------- states */

/* What a system shows of its state (growsdown_system.shows). The rest is not compared. */
#define GROWSDOWN_SHOWS_AREAS (1U << 0)   /* ranges, rights, and which are shared */
#define GROWSDOWN_SHOWS_START (1U << 1)   /* areas start where they start: always so since 4.12 */
#define GROWSDOWN_SHOWS_MAPS (1U << 2)    /* shown_start */
#define GROWSDOWN_SHOWS_FLAGS (1U << 3)   /* GROWSDOWN_AREA_ GROWSDOWN, LOCKED, NORESERVE */
#define GROWSDOWN_SHOWS_ACCOUNT (1U << 4) /* GROWSDOWN_AREA_ ACCOUNT, NOHUGEPAGE */
#define GROWSDOWN_SHOWS_PGOFF (1U << 5)
#define GROWSDOWN_SHOWS_ANON (1U << 6)    /* anon, forked */
#define GROWSDOWN_SHOWS_OBJECTS (1U << 7) /* objects and object; with FRAMES, object_pages */
#define GROWSDOWN_SHOWS_PAGES (1U << 8)   /* which pages are present */
#define GROWSDOWN_SHOWS_KINDS (1U << 9)
#define GROWSDOWN_SHOWS_RIGHTS (1U << 10)    /* prot of pages */
#define GROWSDOWN_SHOWS_FRAMES (1U << 11)    /* frame, inherited */
#define GROWSDOWN_SHOWS_DIRTY (1U << 12)     /* dirty */
#define GROWSDOWN_SHOWS_ELSEWHERE (1U << 13) /* areas and pages outside the windows, too */
#define GROWSDOWN_SHOWS_TOTAL (1U << 14)     /* the counters, each by itself */
#define GROWSDOWN_SHOWS_STACK (1U << 15)
#define GROWSDOWN_SHOWS_LOCKED (1U << 16)
#define GROWSDOWN_SHOWS_DATA (1U << 17)
#define GROWSDOWN_SHOWS_COMMITTED (1U << 18)
#define GROWSDOWN_SHOWS_MAP_COUNT (1U << 19)
#define GROWSDOWN_SHOWS_TABLES (1U << 20)
#define GROWSDOWN_SHOWS_FAULTS (1U << 21)

/* flags of an area; its prot is in the lowest three bits */
#define GROWSDOWN_AREA_SHARED (1U << 3)
#define GROWSDOWN_AREA_GROWSDOWN (1U << 4)
#define GROWSDOWN_AREA_LOCKED (1U << 5)
#define GROWSDOWN_AREA_NORESERVE (1U << 6)
#define GROWSDOWN_AREA_ACCOUNT (1U << 7)
#define GROWSDOWN_AREA_NOHUGEPAGE (1U << 8)

struct growsdown_area {
  uint64_t start;
  uint64_t end;         /* exclusive */
  uint64_t shown_start; /* where /proc/self/maps says that it starts */
  uint64_t pgoff;       /* vm_pgoff, in pages */
  uint64_t anon;        /* identity of its anon_vma, 0: none. Compared up to renaming */
  uint64_t object;      /* identity of its shared object, 0: none */
  uint32_t flags;
  uint32_t forked; /* its anon_vma came through fork */
};

enum growsdown_page_kind { GROWSDOWN_ZERO, GROWSDOWN_ANONYMOUS, GROWSDOWN_SHARED_PAGE };

struct growsdown_page {
  uint64_t address;
  uint64_t frame;    /* identity of the frame, 0 for the zero page. Compared up to renaming */
  uint8_t kind;      /* enum growsdown_page_kind */
  uint8_t prot;      /* what user mode may do without a further fault */
  uint8_t inherited; /* a waiting parent maps the frame too */
  uint8_t dirty;     /* shared pages: written through this entry */
  uint32_t reserved;
};

struct growsdown_object {
  uint64_t id; /* 1, 2, … in order of creation */
  uint64_t pages;
};

struct growsdown_object_page {
  uint64_t object;
  uint64_t index; /* pages */
  uint64_t frame;
};

/* Pages but for map_count (areas), tables (page-table pages) and faults (minor faults of the last
 * step); as differences from the start. */
struct growsdown_counters {
  int64_t total, stack, locked, data, committed, map_count, tables, faults;
};

/* By ascending address (areas, pages) or identity (objects, then index). The arrays belong to the
 * side that fills this in, and live until the next call. */
struct growsdown_state {
  uint32_t size; /* sizeof(struct growsdown_state) of the caller */
  uint32_t reserved;
  const struct growsdown_area* areas;
  size_t area_count;
  const struct growsdown_page* pages;
  size_t page_count;
  const struct growsdown_object* objects;
  size_t object_count;
  const struct growsdown_object_page* object_pages;
  size_t object_page_count;
  struct growsdown_counters counters;
};

/* ------------------------------------------------------------------------------------ systems */

/* How an address space begins: no areas, the stack limit 8 MiB, the memlock limit 64 KiB, no other
 * limit, all capabilities. */
struct growsdown_start {
  uint32_t size; /* sizeof(struct growsdown_start) of the caller */
  uint32_t va_bits;
  const char* rules; /* the rule set that the system is compared with: "linux-6.12-amd64" */
  uint64_t page;
  uint64_t task_size;    /* the end of user addresses */
  uint64_t mmap_base;    /* where placement without a hint begins, without randomisation */
  uint64_t min_addr;     /* vm.mmap_min_addr */
  uint64_t lsm_min_addr; /* CONFIG_LSM_MMAP_MIN_ADDR, 0: none */
  uint64_t max_map_count;
  uint64_t memory;                       /* how much a simulated machine may use */
  const struct growsdown_state* initial; /* or NULL: the state to begin in */
  const char* knobs; /* turned in that rule set: "gap-pages=255,gup-grows=true", or NULL */
};

/* The sizes that the system was compiled with. Members may be named behind it, in C and in C++20;
 * C++ before that has no names, and wants them all, in order. */
#if defined(__cplusplus) && __cplusplus < 202002L
#define GROWSDOWN_HEADER                                                                           \
  GROWSDOWN_ABI, (uint32_t)sizeof(struct growsdown_system),                                        \
      (uint32_t)sizeof(struct growsdown_area), (uint32_t)sizeof(struct growsdown_page),            \
      (uint32_t)sizeof(struct growsdown_object), (uint32_t)sizeof(struct growsdown_object_page)
#else
#define GROWSDOWN_HEADER                                                                           \
  .abi = GROWSDOWN_ABI, .size = (uint32_t)sizeof(struct growsdown_system),                         \
  .area_size = (uint32_t)sizeof(struct growsdown_area),                                            \
  .page_size = (uint32_t)sizeof(struct growsdown_page),                                            \
  .object_size = (uint32_t)sizeof(struct growsdown_object),                                        \
  .object_page_size = (uint32_t)sizeof(struct growsdown_object_page)
#endif

struct growsdown_system {
  /* Initialise these six with GROWSDOWN_HEADER. */
  uint32_t abi;
  uint32_t size;
  uint32_t area_size, page_size, object_size, object_page_size;

  const char* name;  /* for reports; may hold a version */
  const char* rules; /* the rule set that it follows, or NULL */
  uint64_t shows;    /* GROWSDOWN_SHOWS_* */
  uint64_t does;     /* bit growsdown_op: the steps that it can do; 0: all */

  /* A new address space, or NULL where the system cannot begin so (*why may be set to a text). */
  void* (*create)(const struct growsdown_start* start, const char** why);
  /* One step. */
  void (*apply)(void* system, const struct growsdown_step* step, struct growsdown_outcome* outcome);
  /* The state after the last step. Everything is zero before the call but size. */
  void (*state)(void* system, struct growsdown_state* state);
  void (*destroy)(void* system);
};

#if defined(__GNUC__)
#define GROWSDOWN_EXPORT __attribute__((visibility("default")))
#else
#define GROWSDOWN_EXPORT
#endif

/* What the library exports. `abi` is the newest version that the caller knows; the library answers
 * with a table of that version or an older one, or NULL. */
GROWSDOWN_EXPORT const struct growsdown_system* growsdown_open(uint32_t abi);

#ifdef __cplusplus
}
#endif

#endif
