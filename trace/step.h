// One step of a trace: a call or an access, as plain data (trace format 1).
#pragma once

#include <cstdint>

namespace growsdown::trace {

enum class Op : std::uint8_t {
  limit,
  capable,
  mmap,
  munmap,
  mprotect,
  mlock,
  munlock,
  dontneed,
  mremap,
  fork,
  touch,
  sp,
  kernel,
  gup,
};
inline constexpr unsigned opCount = 14;

enum class Access : std::uint8_t { read, write, exec };

enum class LimitKind : std::uint8_t { stack, as, memlock, data };
inline constexpr unsigned limitKindCount = 4;

/// Protection bits of `mmap` and `mprotect` (PROT_READ, PROT_WRITE, PROT_EXEC).
namespace prot {
inline constexpr std::uint8_t none = 0;
inline constexpr std::uint8_t read = 1;
inline constexpr std::uint8_t write = 2;
inline constexpr std::uint8_t exec = 4;
inline constexpr std::uint8_t all = 7;
} // namespace prot

/// Flags of a step, in the canonical order of the format's table. The first eight belong to mmap.
namespace flag {
inline constexpr std::uint16_t fixed = 1U << 0;
inline constexpr std::uint16_t fixedNoreplace = 1U << 1;
inline constexpr std::uint16_t growsdown = 1U << 2; // mmap; mprotect: PROT_GROWSDOWN
inline constexpr std::uint16_t shared = 1U << 3;
inline constexpr std::uint16_t noreserve = 1U << 4;
inline constexpr std::uint16_t locked = 1U << 5;
inline constexpr std::uint16_t populate = 1U << 6;
inline constexpr std::uint16_t stack = 1U << 7;
inline constexpr std::uint16_t maymove = 1U << 8; // mremap: MREMAP_MAYMOVE
inline constexpr std::uint16_t to = 1U << 9;      // mremap: MREMAP_MAYMOVE | MREMAP_FIXED
inline constexpr std::uint16_t own = 1U << 10;    // sp: the process's own stack pointer
} // namespace flag

/// RLIM_INFINITY: what `unlimited` means.
inline constexpr std::uint64_t unlimited = ~std::uint64_t{0};

/// A step. Which fields count depends on `op`; the others are 0, so that equal steps compare equal.
struct Step {
  Op op = Op::fork;
  Access access = Access::read;       ///< touch, kernel, gup
  LimitKind limit = LimitKind::stack; ///< limit
  std::uint8_t prot = 0;              ///< mmap, mprotect
  std::uint16_t flags = 0;            ///< mmap, mprotect, mremap, sp
  std::uint64_t address = 0;          ///< bytes: every op but limit, capable and fork
  std::uint64_t length = 0;           ///< bytes: calls on ranges; mremap: OLD_LEN; limit: value
  std::uint64_t newLength = 0;        ///< bytes: mremap
  std::uint64_t target = 0;           ///< bytes: mremap `to`

  friend bool operator==(const Step&, const Step&) = default;
};

} // namespace growsdown::trace
