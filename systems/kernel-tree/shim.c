// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Runs the memory code of a kernel tree in a process of its own, for `growsdown kernel-tree`. Is
// compiled on the user's machine, against the user's tree, whose files are included where they are.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes.h" // written by the build: what the tree has
#include "wire.h"

#include "before.h"
#include "generated/bit-length.h"
#include "maple-shared.h"
#include "vma_internal.h"
#include "after.h"

#include "rest.h"
#include "../../../mm/vma.h"
#include "small.h"
#include "replacements.h"
#include "unreached.h"

#define __MM_INTERNAL_H // mm/internal.h
#include "../../../include/linux/mman.h"
#define HAVE_ARCH_UNMAPPED_AREA
#define HAVE_ARCH_UNMAPPED_AREA_TOPDOWN
#include "../../../mm/mmap.c"
#include "arch.h"
#include "../../../mm/vma.c"
#if SHIM_HAS_VMA_INIT
#include "../../../mm/vma_init.c"
#endif
#if SHIM_HAS_VMA_EXEC
#include "../../../mm/vma_exec.c"
#endif
#include "../../../mm/mremap.c"
#include "../../../mm/mlock.c"
#include "../../../mm/mprotect.c"

#include "steps.h"
