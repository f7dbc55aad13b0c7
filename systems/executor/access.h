// Accesses to single bytes: by user mode, by the kernel, and through get_user_pages.
#pragma once

#include "base.h"
#include "observe.h"

static char signalStack[1 << 15] __attribute__((aligned(4096)));
static sigjmp_buf back;
static volatile int signalNumber, signalCode;
static volatile u64 signalAddress;

static void onSignal(int got, siginfo_t* info, void* context) {
  (void)context;
  signalNumber = got;
  signalCode = info->si_code;
  signalAddress = (u64)(uintptr_t)info->si_addr;
  siglongjmp(back, 1);
}

// Accesses one byte with the given stack pointer. Traces write only zero bytes. As an instruction,
// zeroes trap on arm64 (udf); on x86 they write to the address in rax, which is that of the fence.
// So a fetch that succeeds is followed by a signal for another address. (If rax were not canonical,
// the kernel would read the instruction and the page after it.)
static void accessByte(u64 address, char kind, u64 stackPointer) {
#if defined(__x86_64__)
  if (kind == 'x')
    __asm__ volatile("mov %1, %%rsp\n\tjmp *%0"
                     :
                     : "r"(address), "r"(stackPointer), "a"(windows[1].end)
                     : "memory");
  else if (kind == 'r')
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tmovb (%0), %%al\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "rax", "rbx", "memory");
  else
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tmovb $0, (%0)\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "rbx", "memory");
#elif defined(__aarch64__)
  if (kind == 'x')
    __asm__ volatile("mov sp, %1\n\tbr %0" : : "r"(address), "r"(stackPointer) : "memory");
  else if (kind == 'r')
    __asm__ volatile("mov x19, sp\n\tmov sp, %1\n\tldrb w20, [%0]\n\tmov sp, x19"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "x19", "x20", "memory");
  else
    __asm__ volatile("mov x19, sp\n\tmov sp, %1\n\tstrb wzr, [%0]\n\tmov sp, x19"
                     :
                     : "r"(address), "r"(stackPointer)
                     : "x19", "memory");
#else
#error "x86-64 and arm64 only"
#endif
}

static long minorFaults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

static void tryAccess(u64 address, char kind, u64 stackPointer) {
  if (!sigsetjmp(back, 0)) accessByte(address, kind, stackPointer);
}

// Makes the access. Returns the name of the signal that it raised, or null.
static const char* touch(u64 address, char kind) {
  const u64 target = kind == 'x' ? address & ~(u64)3 : address;
  const u64 sp =
      trace.ownStackPointer ? (u64)(uintptr_t)__builtin_frame_address(0) : trace.stackPointer;
  signalNumber = 0;
  const long before = minorFaults();
  tryAccess(target, kind, sp);
  seen.faults = minorFaults() - before;
  seen.touched = 1;
  const int got = signalNumber, code = signalCode;
  const int protection = got == SIGSEGV && code == 0x80; // SI_KERNEL: no page fault
  if (got == 0) return 0;
  if (kind == 'x' && (got == SIGILL || protection || signalAddress != target)) return 0;
  // Linux never sends the signals from SIGBUS/ADRALN on for these accesses.
  static const struct {
    int signal, code;
    const char* name;
  } names[] = {{SIGSEGV, 1, "SIGSEGV/MAPERR"}, {SIGSEGV, 2, "SIGSEGV/ACCERR"},
               {SIGSEGV, 4, "SIGSEGV/PKUERR"}, {SIGSEGV, 0x80, "SIGSEGV/KERNEL"},
               {SIGBUS, 2, "SIGBUS/ADRERR"},   {SIGBUS, 1, "SIGBUS/ADRALN"},
               {SIGBUS, 3, "SIGBUS/OBJERR"},   {SIGBUS, 0x80, "SIGBUS/KERNEL"},
               {SIGBUS, 0, "SIGBUS/USER"},     {SIGSEGV, 0, "SIGSEGV/USER"}};
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i)
    if (names[i].signal == got && names[i].code == code) return names[i].name;
  cannot("a signal that the trace format does not know");
  return "";
}

static int pipeEnds[2];
static char own; // source and target of copies; always 0

// Lets the kernel access the byte for this process. Returns 0 or an errno.
static int kernelAccess(u64 address, char kind) {
  char* const there = (char*)(uintptr_t)address;
  ssize_t n;
  int error;
  if (kind == 'r') {
    n = write(pipeEnds[1], there, 1);
    error = errno;
    if (n == 1 && read(pipeEnds[0], &own, 1) != 1) return EIO;
  } else {
    if (write(pipeEnds[1], &own, 1) != 1) return EIO;
    n = read(pipeEnds[0], there, 1);
    error = errno;
    if (n != 1 && read(pipeEnds[0], &own, 1) != 1) return EIO;
  }
  return n == 1 ? 0 : error;
}

static int gupAccess(u64 address, char kind) {
  struct iovec here = {&own, 1}, there = {(void*)(uintptr_t)address, 1};
  const long n = syscall(kind == 'r' ? SYS_process_vm_readv : SYS_process_vm_writev, getpid(),
                         &here, 1, &there, 1, 0);
  return n == 1 ? 0 : errno;
}
