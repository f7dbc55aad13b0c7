/* growsdown: the C interface of a system under test, version 1.
 *
 * A system is a shared library that simulates one address space and exports growsdown_open().
 * `growsdown conform --on plugin:libmine.so` checks it against Linux's rules; every other command
 * that takes --on accepts it too. docs/tutorial-own-system.md explains how to write a system, and
 * examples/naive is a complete one.
 *
 * A separate process loads the library and calls it from a single thread. The library may crash,
 * hang or exit; growsdown reports that. Its standard output is redirected to standard error.
 *
 * Addresses, lengths and limits are in bytes. docs/trace-format.md defines each step, and the two
 * windows in which the addresses of a trace lie.
 *
 * Within version 1, structures may grow at their ends and constants may be added; every other
 * change is a new version. The two sides may therefore be compiled with different headers. A
 * structure that crosses the interface carries its size, and neither side reads beyond the smaller
 * of the two sizes.
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
  GROWSDOWN_LIMIT,    /* setrlimit: limit; length is the new soft limit */
  GROWSDOWN_CAPABLE,  /* drops all capabilities */
  GROWSDOWN_MMAP,     /* address, length, prot, flags; anonymous memory only */
  GROWSDOWN_MUNMAP,   /* address, length */
  GROWSDOWN_MPROTECT, /* address, length, prot, flags: GROWSDOWN_GROWSDOWN for PROT_GROWSDOWN */
  GROWSDOWN_MLOCK,    /* address, length */
  GROWSDOWN_MUNLOCK,  /* address, length */
  GROWSDOWN_DONTNEED, /* madvise(MADV_DONTNEED): address, length */
  GROWSDOWN_MREMAP,   /* address, length (the old length), new_length, flags, target */
  GROWSDOWN_FORK,     /* fork: later steps apply to the child; the parent waits */
  GROWSDOWN_TOUCH,    /* address, access: user mode reads or writes the byte at address. An
                         instruction is fetched at address rounded down to a multiple of four */
  GROWSDOWN_SP,       /* sets the stack pointer of later touches: address, or GROWSDOWN_OWN */
  GROWSDOWN_KERNEL,   /* address, access: the kernel reads or writes the byte for the caller */
  GROWSDOWN_GUP,      /* address, access: the same access, through get_user_pages */
  GROWSDOWN_MINCORE   /* address, length; sent only if the `does` of the system has its bit */
};

enum growsdown_access { GROWSDOWN_ACCESS_READ, GROWSDOWN_ACCESS_WRITE, GROWSDOWN_ACCESS_EXEC };

enum growsdown_limit {
  GROWSDOWN_LIMIT_STACK,
  GROWSDOWN_LIMIT_AS,
  GROWSDOWN_LIMIT_MEMLOCK,
  GROWSDOWN_LIMIT_DATA
};
#define GROWSDOWN_UNLIMITED UINT64_MAX

/* Protection bits: prot of a step or page, and the low three bits of an area's flags */
#define GROWSDOWN_READ 1U
#define GROWSDOWN_WRITE 2U
#define GROWSDOWN_EXEC 4U

/* Flags of a step */
#define GROWSDOWN_FIXED (1U << 0)
#define GROWSDOWN_FIXED_NOREPLACE (1U << 1)
#define GROWSDOWN_GROWSDOWN (1U << 2)
#define GROWSDOWN_SHARED (1U << 3)
#define GROWSDOWN_NORESERVE (1U << 4)
#define GROWSDOWN_LOCKED (1U << 5)
#define GROWSDOWN_POPULATE (1U << 6)
#define GROWSDOWN_STACK (1U << 7)
#define GROWSDOWN_MAYMOVE (1U << 8) /* mremap: MREMAP_MAYMOVE */
#define GROWSDOWN_TO (1U << 9)      /* mremap: MREMAP_MAYMOVE | MREMAP_FIXED, to target */
#define GROWSDOWN_OWN (1U << 10)    /* sp: the process's own stack pointer, above all windows */

struct growsdown_step {
  uint32_t size;  /* sizeof(struct growsdown_step), as the caller was compiled */
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
  GROWSDOWN_UNKNOWN, /* the system cannot do this; reason says why. The trace ends */
  GROWSDOWN_OK,
  GROWSDOWN_OK_AT,   /* success of mmap or mremap: address is the return value */
  GROWSDOWN_ERROR,   /* error is the errno value of Linux on arm64 and x86-64 */
  GROWSDOWN_SIGNAL,  /* a touch raised signal; si_addr is address if has_address is set, and the
                        touched address otherwise */
  GROWSDOWN_OK_PAGES /* success of mincore: resident and resident_after */
};

enum growsdown_signal {
  GROWSDOWN_SEGV_MAPERR = 1,
  GROWSDOWN_SEGV_ACCERR,
  GROWSDOWN_SEGV_PKUERR,
  GROWSDOWN_SEGV_KERNEL,
  GROWSDOWN_BUS_ADRERR
};

/* The caller zeroes every member except size; the system fills them in. */
struct growsdown_outcome {
  uint32_t size; /* sizeof(struct growsdown_outcome), as the caller was compiled */
  uint32_t kind; /* enum growsdown_kind */
  uint32_t error;
  uint32_t signal; /* enum growsdown_signal */
  uint32_t has_address;
  uint32_t reserved;
  uint64_t address;
  const char* reason; /* NULL, or a string that stays valid until the next call. */
  /* mincore: bit i is set if page i of the range is resident, for the first 64 pages; and the number
   * of resident pages after those. A caller whose structure lacks these members sends no mincore. */
  uint64_t resident;
  uint64_t resident_after;
};

/* ------------------------------------------------------------------------------------- states */

/* The parts of the state that a system reports (growsdown_system.shows); only these are compared.
 * Without START, start may be what /proc/self/maps shows. The two differ in kernels before 4.12. */
#define GROWSDOWN_SHOWS_AREAS (1U << 0)   /* ranges, prot bits and GROWSDOWN_AREA_SHARED */
#define GROWSDOWN_SHOWS_START (1U << 1)   /* start is exact */
#define GROWSDOWN_SHOWS_MAPS (1U << 2)    /* shown_start */
#define GROWSDOWN_SHOWS_FLAGS (1U << 3)   /* GROWSDOWN_AREA_{GROWSDOWN,LOCKED,NORESERVE} */
#define GROWSDOWN_SHOWS_ACCOUNT (1U << 4) /* GROWSDOWN_AREA_{ACCOUNT,NOHUGEPAGE} */
#define GROWSDOWN_SHOWS_PGOFF (1U << 5)
#define GROWSDOWN_SHOWS_ANON (1U << 6)       /* anon, forked */
#define GROWSDOWN_SHOWS_OBJECTS (1U << 7)    /* objects, object; with FRAMES also object_pages */
#define GROWSDOWN_SHOWS_PAGES (1U << 8)      /* which pages are present; requires AREAS */
#define GROWSDOWN_SHOWS_KINDS (1U << 9)      /* kind of pages */
#define GROWSDOWN_SHOWS_RIGHTS (1U << 10)    /* prot of pages */
#define GROWSDOWN_SHOWS_FRAMES (1U << 11)    /* frame, inherited */
#define GROWSDOWN_SHOWS_DIRTY (1U << 12)     /* dirty */
#define GROWSDOWN_SHOWS_ELSEWHERE (1U << 13) /* areas and pages outside the windows */
#define GROWSDOWN_SHOWS_TOTAL (1U << 14)     /* from here on, one bit per counter */
#define GROWSDOWN_SHOWS_STACK (1U << 15)
#define GROWSDOWN_SHOWS_LOCKED (1U << 16)
#define GROWSDOWN_SHOWS_DATA (1U << 17)
#define GROWSDOWN_SHOWS_COMMITTED (1U << 18)
#define GROWSDOWN_SHOWS_MAP_COUNT (1U << 19)
#define GROWSDOWN_SHOWS_TABLES (1U << 20)
#define GROWSDOWN_SHOWS_FAULTS (1U << 21)

/* Flags of an area, in addition to the protection bits */
#define GROWSDOWN_AREA_SHARED (1U << 3)
#define GROWSDOWN_AREA_GROWSDOWN (1U << 4)
#define GROWSDOWN_AREA_LOCKED (1U << 5)
#define GROWSDOWN_AREA_NORESERVE (1U << 6)
#define GROWSDOWN_AREA_ACCOUNT (1U << 7)
#define GROWSDOWN_AREA_NOHUGEPAGE (1U << 8)

struct growsdown_area {
  uint64_t start;
  uint64_t end;         /* exclusive */
  uint64_t shown_start; /* the start that /proc/self/maps shows */
  uint64_t pgoff;       /* vm_pgoff, in pages */
  uint64_t anon;        /* any number that identifies its anon_vma while it exists; 0: none */
  uint64_t object;      /* id of its shared object; 0: none */
  uint32_t flags;
  uint32_t forked; /* 1: its anon_vma was inherited through fork */
};

enum growsdown_page_kind { GROWSDOWN_ZERO, GROWSDOWN_ANONYMOUS, GROWSDOWN_SHARED_PAGE };

struct growsdown_page {
  uint64_t address;
  uint64_t frame;    /* any number that identifies the frame while it is mapped; 0: the zero page */
  uint8_t kind;      /* enum growsdown_page_kind */
  uint8_t prot;      /* accesses of user mode that do not fault */
  uint8_t inherited; /* 1: a waiting parent maps the frame too */
  uint8_t dirty;     /* 1: shared page, written through this entry */
  uint32_t reserved;
};

struct growsdown_object {
  uint64_t id;    /* 1, 2, ... in order of creation */
  uint64_t pages; /* its size */
};

struct growsdown_object_page {
  uint64_t object;
  uint64_t index; /* in pages */
  uint64_t frame;
};

/* Changes since the start, in pages, with three exceptions: map_count counts areas, tables counts
 * page-table pages, and faults counts the minor faults of the last step only. */
struct growsdown_counters {
  int64_t total, stack, locked, data, committed, map_count, tables, faults;
};

/* Areas and pages are sorted by address, objects by id, object pages by object and then index. The
 * arrays belong to the side that fills in the structure; they stay valid until the next call. */
struct growsdown_state {
  uint32_t size; /* sizeof(struct growsdown_state), as the caller was compiled */
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

/* The parameters of a new address space. It has no areas unless initial is set. RLIMIT_STACK is
 * 8 MiB, RLIMIT_MEMLOCK 64 KiB, all other limits are unlimited, and the process has all
 * capabilities. */
struct growsdown_start {
  uint32_t size; /* sizeof(struct growsdown_start), as the caller was compiled */
  uint32_t va_bits;
  const char* rules;     /* the rule set to compare with, such as "linux-6.12-amd64" */
  uint64_t page;         /* the page size */
  uint64_t task_size;    /* the end of user addresses, exclusive */
  uint64_t mmap_base;    /* where the search for a free range starts, without randomisation */
  uint64_t min_addr;     /* vm.mmap_min_addr */
  uint64_t lsm_min_addr; /* CONFIG_LSM_MMAP_MIN_ADDR; 0: none */
  uint64_t max_map_count;
  uint64_t memory;                       /* physical memory of the simulated machine */
  const struct growsdown_state* initial; /* the state to start in, or NULL */
  const char* knobs;                     /* the knobs that differ from the rule set, such as
                                            "gap-pages=255,gup-grows=true", or NULL */
};

/* Initialises the first six members of struct growsdown_system with the sizes that the system was
 * compiled with. In C and C++20, designated initialisers may follow. Before C++20 there are none,
 * so list all other members in order. */
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

  const char* name;  /* appears in reports; may include a version */
  const char* rules; /* the rule set that the system follows, or NULL */
  uint64_t shows;    /* GROWSDOWN_SHOWS_* */
  uint64_t does;     /* the steps that it supports: bit i for enum growsdown_op i; 0: all steps of
                        the first header, which are those up to GROWSDOWN_GUP */

  /* Returns a new address space, or NULL if the system does not support these parameters; *why may
   * then be set to the reason. */
  void* (*create)(const struct growsdown_start* start, const char** why);
  /* Performs one step. */
  void (*apply)(void* system, const struct growsdown_step* step, struct growsdown_outcome* outcome);
  /* Reports the state after the last step. The caller zeroes every member except size. */
  void (*state)(void* system, struct growsdown_state* state);
  /* Frees the address space. */
  void (*destroy)(void* system);
};

#if defined(__GNUC__)
#define GROWSDOWN_EXPORT __attribute__((visibility("default")))
#else
#define GROWSDOWN_EXPORT
#endif

/* The function that the library exports. `abi` is the newest version that the caller supports. The
 * library returns a structure of that version or an older one, or NULL if it has none. */
GROWSDOWN_EXPORT const struct growsdown_system* growsdown_open(uint32_t abi);

#ifdef __cplusplus
}
#endif

#endif
