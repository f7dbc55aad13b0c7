/* growsdown: the address space of one process as Linux keeps it, for programs that have to know what
 * the kernel would do. The C binding of growsdown/address_space.hpp, version 1. docs/library.md is
 * the guide.
 *
 *     struct growsdown_space* space = growsdown_space_create("linux-6.12-arm64", NULL, NULL, 0);
 *     int64_t start = growsdown_space_mmap(space, 0, 0x4000, prot, flags);
 *     struct growsdown_space_answer answer = {.size = sizeof answer};
 *     growsdown_space_fault(space, (uint64_t)start, GROWSDOWN_SPACE_WRITE, &answer);
 *     growsdown_space_destroy(space);
 *
 * Addresses, lengths and limits are in bytes. Protections, flags, advice, signals and errors have
 * the values of Linux on arm64 and x86-64 (asm-generic), whatever the host's are.
 *
 * Parameters and members that take a value of an enum have the type uint32_t, so that the interface
 * does not depend on how a compiler stores enums.
 *
 * A space is not thread-safe: one thread at a time may use it. Spaces are independent of each other.
 * No function may be called with a null space, except for growsdown_space_destroy.
 *
 * Within version 1, structures may grow at their ends, and functions and constants may be added. The
 * caller sets the member `size` of each structure to its sizeof; the library neither reads nor
 * writes beyond it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GROWSDOWN_ADDRESS_SPACE_H
#define GROWSDOWN_ADDRESS_SPACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef GROWSDOWN_API
#if defined(__GNUC__)
#define GROWSDOWN_API __attribute__((visibility("default")))
#else
#define GROWSDOWN_API
#endif
#endif

#define GROWSDOWN_SPACE_VERSION 1U
/* The version that the library was built with. */
GROWSDOWN_API uint32_t growsdown_space_version(void);

/* ----------------------------------------------------------------------------------- results
 *
 * A call returns what the system call would: a value that is not negative, or a negative errno of
 * Linux, such as -12 for ENOMEM. These are not errnos: */
#define GROWSDOWN_SPACE_UNSUPPORTED (-10001) /* not covered by the library; nothing has changed */
#define GROWSDOWN_SPACE_EXHAUSTED                                                                  \
  (-10002)                                 /* more pages than options.memory. The space can only be
                                                destroyed: every later call returns this, too */
#define GROWSDOWN_SPACE_NO_MEMORY (-10003) /* the host has no memory; as EXHAUSTED */
#define GROWSDOWN_SPACE_INVALID (-10004)   /* an argument that no caller may pass */

/* `ENOMEM` and the like, or the name of one of the four constants without its prefix. Takes the
 * negative number. The string is static. */
GROWSDOWN_API const char* growsdown_space_error_name(int64_t result);

/* ------------------------------------------------------------------- the parameters of a space */

#define GROWSDOWN_SPACE_UNLIMITED UINT64_MAX
/* The value of the rule set or of Linux: the comments of the members say which. */
#define GROWSDOWN_SPACE_DEFAULT (UINT64_MAX - 1)

enum growsdown_space_limit {
  GROWSDOWN_SPACE_LIMIT_STACK,
  GROWSDOWN_SPACE_LIMIT_AS,
  GROWSDOWN_SPACE_LIMIT_MEMLOCK,
  GROWSDOWN_SPACE_LIMIT_DATA
};

/* struct Options of address_space.hpp describes the members. */
struct growsdown_space_options {
  uint32_t size;
  uint32_t address_bits; /* 0: the rule set's */
  uint32_t searches_up;  /* 1: the legacy layout */
  uint32_t capable;      /* 1: CAP_IPC_LOCK and CAP_SYS_RAWIO */
  uint64_t page_size;    /* GROWSDOWN_SPACE_DEFAULT: the rule set's */
  uint64_t mmap_min_addr;
  uint64_t lsm_mmap_min_addr;
  uint64_t max_map_count;
  uint64_t stack_guard_gap; /* GROWSDOWN_SPACE_DEFAULT: the rule set's */
  uint64_t mmap_base;       /* GROWSDOWN_SPACE_DEFAULT: without randomisation */
  uint64_t stack_limit;
  uint64_t as_limit;
  uint64_t memlock_limit;
  uint64_t data_limit;
  uint64_t memory;
  const char* knobs; /* `gap-pages=255,gup-grows=true`, or NULL */
};
/* Sets all members to their defaults, except for size, which the caller has set. */
GROWSDOWN_API void growsdown_space_default_options(struct growsdown_space_options* options);

struct growsdown_space;

/* A space without areas under a rule set, such as `linux-6.12-arm64`; options may be NULL. Returns
 * NULL if there is no such rule set or an option does not fit it, and then writes the reason to `why`
 * (at most why_size bytes with the final 0; why may be NULL). */
GROWSDOWN_API struct growsdown_space*
growsdown_space_create(const char* rules, const struct growsdown_space_options* options, char* why,
                       size_t why_size);
/* A copy with the same future and without an observer; NULL if the host has no memory. */
GROWSDOWN_API struct growsdown_space* growsdown_space_clone(const struct growsdown_space* space);
GROWSDOWN_API void growsdown_space_destroy(struct growsdown_space* space);

/* Why the last call of this space returned one of the constants above, in words. */
GROWSDOWN_API const char* growsdown_space_message(const struct growsdown_space* space);

/* ------------------------------------------------------------------------------- system calls */

GROWSDOWN_API int64_t growsdown_space_mmap(struct growsdown_space* space, uint64_t hint,
                                           uint64_t length, uint32_t prot, uint32_t flags);
GROWSDOWN_API int64_t growsdown_space_munmap(struct growsdown_space* space, uint64_t start,
                                             uint64_t length);
GROWSDOWN_API int64_t growsdown_space_mremap(struct growsdown_space* space, uint64_t old,
                                             uint64_t old_length, uint64_t new_length,
                                             uint32_t flags, uint64_t target);
GROWSDOWN_API int64_t growsdown_space_mprotect(struct growsdown_space* space, uint64_t start,
                                               uint64_t length, uint32_t prot);
GROWSDOWN_API int64_t growsdown_space_mlock(struct growsdown_space* space, uint64_t start,
                                            uint64_t length);
GROWSDOWN_API int64_t growsdown_space_munlock(struct growsdown_space* space, uint64_t start,
                                              uint64_t length);
GROWSDOWN_API int64_t growsdown_space_madvise(struct growsdown_space* space, uint64_t start,
                                              uint64_t length, int32_t advice);
/* Writes one byte per page: 1 if the page is in memory. `resident` has room for `room` bytes, one for
 * each page of the range; fewer are INVALID. */
GROWSDOWN_API int64_t growsdown_space_mincore(struct growsdown_space* space, uint64_t start,
                                              uint64_t length, uint8_t* resident, size_t room);
/* The space becomes the child's. */
GROWSDOWN_API int64_t growsdown_space_fork(struct growsdown_space* space);
GROWSDOWN_API int64_t growsdown_space_set_limit(struct growsdown_space* space, uint32_t limit,
                                                uint64_t bytes);
GROWSDOWN_API int64_t growsdown_space_drop_capabilities(struct growsdown_space* space);

/* ----------------------------------------------------------------------------------- accesses */

enum growsdown_space_access { GROWSDOWN_SPACE_READ, GROWSDOWN_SPACE_WRITE, GROWSDOWN_SPACE_EXEC };

enum growsdown_space_page_kind {
  GROWSDOWN_SPACE_ZERO,      /* private, never written: the zero page */
  GROWSDOWN_SPACE_ANONYMOUS, /* private, written */
  GROWSDOWN_SPACE_SHARED     /* of a shared object */
};

/* Adjacent pages that are mapped alike. */
struct growsdown_space_pages {
  uint32_t size;
  uint32_t prot; /* the accesses of user mode that need no fault: PROT_* */
  uint64_t start;
  uint64_t end;    /* exclusive */
  uint64_t object; /* of shared pages: 1, 2, ... in order of creation */
  uint64_t offset; /* of shared pages: of the first one in its object */
  uint32_t kind;   /* enum growsdown_space_page_kind */
  uint32_t reserved;
};

/* The answer to an access. */
struct growsdown_space_answer {
  uint32_t size;
  int32_t signal;      /* 0: the access succeeds; 11: SIGSEGV; 7: SIGBUS */
  int32_t code;        /* si_code: 1 SEGV_MAPERR, 2 SEGV_ACCERR or BUS_ADRERR, 128 SI_KERNEL */
  uint32_t changed;    /* how many runs of pages were mapped or got other rights */
  uint64_t address;    /* si_addr */
  uint64_t page_start; /* after success: the page */
  uint32_t page_prot;  /* the accesses that need no fault now */
  uint32_t page_kind;
};

/* An access by user mode. Returns 0 whether or not there is a signal, or UNSUPPORTED and so on. */
GROWSDOWN_API int64_t growsdown_space_fault(struct growsdown_space* space, uint64_t address,
                                            uint32_t access, struct growsdown_space_answer* answer);
/* One of the runs that the last growsdown_space_fault changed, by index. Returns 1, or 0 if there are
 * not so many. Valid until the next call that changes the space. */
GROWSDOWN_API int64_t growsdown_space_changed(const struct growsdown_space* space, uint32_t index,
                                              struct growsdown_space_pages* pages);
/* Sets aside the memory that the next growsdown_space_fault needs, so that it allocates none. */
GROWSDOWN_API int64_t growsdown_space_prepare_fault(struct growsdown_space* space);
/* The kernel copies a byte from or to user memory: 0 or -EFAULT. */
GROWSDOWN_API int64_t growsdown_space_kernel_access(struct growsdown_space* space, uint64_t address,
                                                    uint32_t access);
/* The kernel takes the page of the byte by get_user_pages: 0 or -EFAULT. */
GROWSDOWN_API int64_t growsdown_space_pin_page(struct growsdown_space* space, uint64_t address,
                                               uint32_t access);
/* Only x86-64 before Linux 5.0 asks for it. */
GROWSDOWN_API int64_t growsdown_space_set_stack_pointer(struct growsdown_space* space,
                                                        uint64_t address);

/* ---------------------------------------------------------------------------------- questions */

/* Flags of an area */
#define GROWSDOWN_SPACE_AREA_SHARED (1U << 0)
#define GROWSDOWN_SPACE_AREA_GROWSDOWN (1U << 1)
#define GROWSDOWN_SPACE_AREA_LOCKED (1U << 2)
#define GROWSDOWN_SPACE_AREA_NORESERVE (1U << 3)
#define GROWSDOWN_SPACE_AREA_ACCOUNTED (1U << 4)
#define GROWSDOWN_SPACE_AREA_NOHUGEPAGE (1U << 5)

struct growsdown_space_area {
  uint32_t size;
  uint32_t prot;  /* PROT_* */
  uint32_t flags; /* GROWSDOWN_SPACE_AREA_* */
  uint32_t reserved;
  uint64_t start;
  uint64_t end;         /* exclusive */
  uint64_t shown_start; /* in /proc/PID/maps */
  uint64_t offset;      /* vm_pgoff in bytes */
  uint64_t object;      /* its shared object, or 0 */
};

/* The area that contains `from`, or else the next area above. Returns 1, or 0 without an area. */
GROWSDOWN_API int64_t growsdown_space_next_area(const struct growsdown_space* space, uint64_t from,
                                                struct growsdown_space_area* area);
/* The first run of mapped pages in [from, end). Returns 1, or 0 if no page there is mapped. */
GROWSDOWN_API int64_t growsdown_space_next_pages(const struct growsdown_space* space, uint64_t from,
                                                 uint64_t end, struct growsdown_space_pages* pages);
/* The address that mmap would return, unless a limit refuses it. */
GROWSDOWN_API int64_t growsdown_space_placement(const struct growsdown_space* space, uint64_t hint,
                                                uint64_t length, uint32_t flags);

/* struct Counters of address_space.hpp describes the members. */
struct growsdown_space_counters {
  uint32_t size;
  uint32_t reserved;
  uint64_t total, stack, data, locked, anonymous, shared, tables, committed, areas, faults;
};
GROWSDOWN_API void growsdown_space_get_counters(const struct growsdown_space* space,
                                                struct growsdown_space_counters* counters);
GROWSDOWN_API uint64_t growsdown_space_page_size(const struct growsdown_space* space);
GROWSDOWN_API uint64_t growsdown_space_end(const struct growsdown_space* space);
GROWSDOWN_API uint64_t growsdown_space_mmap_base(const struct growsdown_space* space);

/* ----------------------------------------------------------------------------------- observer */

enum growsdown_space_contents {
  GROWSDOWN_SPACE_ZEROS,  /* private pages: they read as 0 */
  GROWSDOWN_SPACE_OBJECT, /* shared pages: those of the object */
  GROWSDOWN_SPACE_COPIED  /* new frames with a copy of what the pages contained */
};

/* class Observer of address_space.hpp describes the callbacks. Each may be NULL. */
struct growsdown_space_observer {
  uint32_t size;
  uint32_t reserved;
  void* context; /* the first argument of each callback */
  void (*map)(void* context, const struct growsdown_space_pages* pages, uint32_t contents);
  void (*protect)(void* context, const struct growsdown_space_pages* pages);
  void (*move)(void* context, uint64_t from, const struct growsdown_space_pages* pages);
  void (*unmap)(void* context, uint64_t start, uint64_t end);
};
/* Reports all later changes of mapped pages. The structure is copied; NULL: to nobody. */
GROWSDOWN_API int64_t growsdown_space_observe(struct growsdown_space* space,
                                              const struct growsdown_space_observer* observer);

#ifdef __cplusplus
}
#endif

#endif
