// One step of a trace: a call or an access, as plain data (trace format 1).
#pragma once

#include <cstdint>

namespace growsdown::trace {

enum class Op : std::uint8_t {
#define GROWSDOWN_OP(op, ...) op,
#include "trace/fields.def"
};
#define GROWSDOWN_OP(...) +1
inline constexpr unsigned opCount = 0
#include "trace/fields.def"
    ;

/// The operations of the first version of the format, protocol and C interface, bit Op. A system
/// that does not name its steps supports these.
inline constexpr std::uint32_t firstOps = (2U << static_cast<unsigned>(Op::gup)) - 1;

enum class Access : std::uint8_t { read, write, exec };

enum class LimitKind : std::uint8_t {
#define GROWSDOWN_LIMIT_KIND(kind, ...) kind,
#include "trace/fields.def"
};
#define GROWSDOWN_LIMIT_KIND(...) +1
inline constexpr unsigned limitKindCount = 0
#include "trace/fields.def"
    ;

/// Protection bits of `mmap` and `mprotect` (PROT_READ, PROT_WRITE, PROT_EXEC).
namespace prot {
inline constexpr std::uint8_t none = 0;
inline constexpr std::uint8_t read = 1;
inline constexpr std::uint8_t write = 2;
inline constexpr std::uint8_t exec = 4;
inline constexpr std::uint8_t all = 7;
} // namespace prot

/// Flags of a step, one bit each (trace/fields.def).
namespace flag {
#define GROWSDOWN_FLAG(flag, word, NAME, bit) inline constexpr std::uint16_t flag = 1U << bit;
#include "trace/fields.def"
inline constexpr std::uint16_t ofMmap = (1U << 8) - 1; ///< `fixed` to `stack`
} // namespace flag

/// RLIM_INFINITY: what `unlimited` means.
inline constexpr std::uint64_t unlimited = ~std::uint64_t{0};

/// A step. Which members count depends on `op` (trace/fields.def); the others are 0, so that equal
/// steps compare equal.
struct Step {
  Op op = Op::fork;
  Access access = Access::read;
  LimitKind limit = LimitKind::stack;
  std::uint8_t prot = 0;       ///< prot::*
  std::uint16_t flags = 0;     ///< flag::*
  std::uint64_t address = 0;   ///< bytes
  std::uint64_t length = 0;    ///< bytes; mremap: the old length; limit: the value
  std::uint64_t newLength = 0; ///< bytes
  std::uint64_t target = 0;    ///< bytes: mremap `to`

  friend bool operator==(const Step&, const Step&) = default;
};

} // namespace growsdown::trace
