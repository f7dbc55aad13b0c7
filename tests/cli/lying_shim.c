// A program that speaks the protocol of systems/kernel-tree/wire.h and answers wrongly, as
// KERNEL_TREE_LIE says: each step is an mmap that succeeds, except for the lie.
#define _GNU_SOURCE
#include "../../systems/kernel-tree/wire.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct kt_memory* shared;

static void answer(const char* lie) {
  for (uint32_t i = 0; i < shared->steps; ++i) {
    struct kt_result* result = &shared->result[i];
    *result = (struct kt_result){.kind = KT_ADDRESS, .address = shared->step[i].address};
    result->count = 1;
    shared->area[0] = (struct kt_area){.start = shared->step[i].address,
                                       .end = shared->step[i].address + shared->step[i].length,
                                       .pgoff = shared->step[i].address >> 12};
    if (!strcmp(lie, "first")) result->first = 0xfffffff0;
    if (!strcmp(lie, "count")) result->count = 0xffffffff;
    if (!strcmp(lie, "kind")) result->kind = 77;
    if (!strcmp(lie, "signal")) result->kind = KT_MAPERR;
    if (!strcmp(lie, "errno")) result->kind = KT_ERROR, result->error = 524;
    if (!strcmp(lie, "order")) {
      shared->area[1] = shared->area[0];
      result->count = 2;
    }
    if (!strcmp(lie, "flags")) shared->area[0].flags = 0x80000000;
    if (!strcmp(lie, "aligned")) shared->area[0].end += 7;
  }
  shared->done = shared->steps;
  if (!strcmp(lie, "done")) {
    shared->done = 0xffffffff;
    _exit(5);
  }
  while (!strcmp(lie, "hang")) {
  }
}

int main(int count, char** arguments) {
  const char* const lie = getenv("KERNEL_TREE_LIE");
  uint32_t seen = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
                count > 1 ? atoi(arguments[1]) : -1, 0);
  if (shared == MAP_FAILED) return 2;
  shared->does = 0x7fff;
  __atomic_store_n(&shared->hello, KT_VERSION, __ATOMIC_RELEASE);
  syscall(SYS_futex, &shared->hello, 1, 1, NULL, NULL, 0);
  for (;;) {
    while (__atomic_load_n(&shared->request, __ATOMIC_ACQUIRE) == seen)
      syscall(SYS_futex, &shared->request, 0, seen, NULL, NULL, 0);
    seen = __atomic_load_n(&shared->request, __ATOMIC_ACQUIRE);
    answer(lie ? lie : "");
    __atomic_store_n(&shared->answer, seen, __ATOMIC_RELEASE);
    syscall(SYS_futex, &shared->answer, 1, 1, NULL, NULL, 0);
  }
}
