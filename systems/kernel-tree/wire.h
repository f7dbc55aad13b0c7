/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What growsdown and the shim (shim.c) exchange: plain numbers in memory that both processes map.
 * One request is a whole trace; its answer has one result per step. */
#ifndef GROWSDOWN_KERNEL_TREE_WIRE_H
#define GROWSDOWN_KERNEL_TREE_WIRE_H

#include <stdint.h>

#define KT_VERSION 1
#define KT_MOST_STEPS 16384
#define KT_MOST_AREAS 1000000 /* of all results of a trace together */
#define KT_EDGES 65536        /* counters of the kernel code's edges */
#define KT_TEXT 240

/* Values of kt_result.kind. */
enum {
  KT_OK,
  KT_ADDRESS,
  KT_ERROR,
  KT_MAPERR,
  KT_ACCERR,
  KT_BUS,
  KT_PROTECTION,
  KT_UNKNOWN,
  KT_WRONG
};

/* A step: the members mean what those of trace::Step do (trace/step.h). */
struct kt_step {
  uint32_t op, access, limit, prot, flags, unused;
  uint64_t address, length, new_length, target;
};

struct kt_area {
  uint64_t start, end, pgoff, anon, object, object_pages;
  uint32_t flags, forked;
};

struct kt_result {
  uint32_t kind;
  int32_t error;    /* an errno, of KT_ERROR */
  uint64_t address; /* of KT_ADDRESS; si_addr of a signal */
  uint64_t total, stack, locked, data, committed, map_count;
  uint32_t first, count; /* its areas */
};

/* Constants of a trace (trace::Parameters); all in bytes, except the number of areas. */
struct kt_parameters {
  uint64_t min_addr, effective_min_addr, max_map_count;
  uint64_t task_size, map_window, mmap_base, unmapped_base;
  uint32_t generic_placement; /* the placement of mm/mmap.c, not that of the architecture */
  uint32_t fault_style;       /* 0: x86; 1: arm64 */
  uint64_t window[4];         /* start, end, start, end: no area grows into one from above it */
  uint32_t va_bits;           /* of a user address */
  uint32_t validate;          /* run the kernel's validators after each step */
};

struct kt_memory {
  volatile uint32_t request; /* futex: counts requests */
  volatile uint32_t answer;  /* futex: the last request that was answered */
  volatile uint32_t hello;   /* KT_VERSION once the shim is ready */
  uint32_t does;             /* bit i: the step of trace::Op i */
  uint32_t steps;            /* in the request */
  volatile uint32_t done;    /* steps with a result; one that crashes is `done` */
  uint32_t edges;            /* of the kernel code that were reached */
  uint32_t broken;           /* the last trace left a state that must not be used again */
  char reason[KT_TEXT];      /* of KT_UNKNOWN or KT_WRONG, which end a trace */
  struct kt_parameters parameters;
  uint8_t edge[KT_EDGES]; /* 1: reached; a new process goes on with those of the last one */
  struct kt_step step[KT_MOST_STEPS];
  struct kt_result result[KT_MOST_STEPS];
  struct kt_area area[KT_MOST_AREAS];
};

#endif
