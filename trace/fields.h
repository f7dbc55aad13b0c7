// The rows of trace/fields.def as tables, and the words of the format. Code that treats the fields
// of a trace alike loops over these tables.
#pragma once

#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace growsdown::trace {

/// One operand of a step in text: its meaning, and the member of Step that holds it.
enum class Operand : std::uint8_t {
  address,      ///< ADDR: Step::address
  length,       ///< LEN: Step::length
  oldLength,    ///< OLD_LEN: Step::length
  newLength,    ///< NEW_LEN: Step::newLength
  limit,        ///< Step::limit
  value,        ///< BYTES or `unlimited`: Step::length
  no,           ///< the word `no`
  prot,         ///< PROT: Step::prot
  flagList,     ///< FLAGS: `-`, or flags separated by commas: Step::flags
  oneFlag,      ///< one of the flags or nothing: Step::flags; `to` has an ADDR: Step::target
  stackPointer, ///< ADDR: Step::address; or `own`: Step::flags
  access,       ///< `r`, `w` or `x`: Step::access
  copy,         ///< `r` or `w`: Step::access
};

/// What an operation can answer besides `unknown`.
enum class Answer : std::uint8_t {
  status, ///< `ok` or an errno
  place,  ///< `ok` with an address, or an errno
  pages,  ///< `ok` with the residency of pages, or an errno
  signal, ///< `ok` or a signal
};

/// The operands of an operation in the order of the text.
struct Operands {
  std::array<Operand, 4> list{};
  std::uint8_t count = 0;

  template <class... T>
  constexpr Operands(T... operands) // NOLINT(google-explicit-constructor)
      : list{operands...}, count(sizeof...(operands)) {}
  constexpr const Operand* begin() const { return list.data(); }
  constexpr const Operand* end() const { return list.data() + count; }
  constexpr bool has(Operand operand) const { return std::find(begin(), end(), operand) != end(); }
};

struct OpField {
  Op op;
  std::string_view name;
  Operands operands;
  std::uint16_t flags; ///< that a step may have
  Answer answer;
};
inline constexpr auto opFields = [] {
  using enum Operand;
  return std::array{
#define GROWSDOWN_OP(op, NAME, operands, flags, answer)                                            \
  OpField{Op::op, #op, Operands operands, flags, Answer::answer},
#include "trace/fields.def"
  };
}();

constexpr const OpField& fieldsOf(Op op) {
  return opFields[static_cast<std::size_t>(op)];
}
constexpr bool has(Op op, Operand operand) {
  return fieldsOf(op).operands.has(operand);
}
/// Whether a step is one access to a byte, rather than a call.
constexpr bool isAccess(Op op) {
  return has(op, Operand::access) || has(op, Operand::copy);
}

/// The bytes that an operation of Answer::place maps if it succeeds, before rounding to pages.
constexpr std::uint64_t mappedLength(const Step& step) {
  return has(step.op, Operand::newLength) ? step.newLength : step.length;
}

/// The 64-bit members of a step.
enum Number : unsigned { addressNumber, lengthNumber, newLengthNumber, targetNumber };
inline constexpr std::array stepNumbers = {&Step::address, &Step::length, &Step::newLength,
                                           &Step::target};

/// Bit Number: the 64-bit members that count in this step.
constexpr unsigned numbersOf(const Step& step) {
  unsigned bits = 0;
  for (const Operand operand : fieldsOf(step.op).operands)
    switch (operand) {
    case Operand::address:
      bits |= 1U << addressNumber;
      break;
    case Operand::length:
    case Operand::oldLength:
    case Operand::value:
      bits |= 1U << lengthNumber;
      break;
    case Operand::newLength:
      bits |= 1U << newLengthNumber;
      break;
    case Operand::oneFlag:
      if (step.flags & flag::to) bits |= 1U << targetNumber;
      break;
    case Operand::stackPointer:
      if (!(step.flags & flag::own)) bits |= 1U << addressNumber;
      break;
    case Operand::limit:
    case Operand::no:
    case Operand::prot:
    case Operand::flagList:
    case Operand::access:
    case Operand::copy:
      break;
    }
  return bits;
}

constexpr bool hasNumber(const Step& step, Number number) {
  return (numbersOf(step) >> number & 1U) != 0;
}

struct FlagField {
  std::uint16_t flag;
  std::string_view name;
};
inline constexpr FlagField flagFields[] = {
#define GROWSDOWN_FLAG(one, word, NAME, bit) {flag::one, word},
#include "trace/fields.def"
};

inline constexpr std::array<std::string_view, limitKindCount> limitNames = {
#define GROWSDOWN_LIMIT_KIND(kind, NAME) #kind,
#include "trace/fields.def"
};
inline constexpr std::array<std::string_view, 3> accessNames = {"r", "w", "x"};
inline constexpr std::array<std::string_view, 3> pageKindNames = {"zero", "anonymous", "shared"};

struct SignalField {
  Signal signal;
  std::string_view name;
};
inline constexpr SignalField signalFields[] = {
#define GROWSDOWN_SIGNAL_CODE(signal, NAME, word) {Signal::signal, word},
#include "trace/fields.def"
};

struct ErrnoField {
  Errno error;
  std::string_view name;
};
inline constexpr ErrnoField errnoFields[] = {
#define GROWSDOWN_ERRNO(error, word, value) {Errno::error, word},
#include "trace/fields.def"
};

struct CounterField {
  std::uint64_t Counters::*member;
  std::string_view name;   ///< in text
  std::string_view inCode; ///< the member's name, in the paths of differences
  bool initial;            ///< an `init counters` line may give it
};
inline constexpr CounterField counterFields[] = {
#define GROWSDOWN_COUNTER(counter, word, NAME, member, initial)                                    \
  {&Counters::counter, word, #counter, initial},
#include "trace/fields.def"
};

struct VmFlagField {
  std::uint32_t flag;
  std::string_view name;
};
inline constexpr VmFlagField vmFlagFields[] = {
#define GROWSDOWN_VM_FLAG(flag, NAME, bit) {vm::flag, #flag},
#include "trace/fields.def"
};

struct WithField {
  std::optional<std::uint64_t> With::*member;
  std::string_view name;
  bool shape;            ///< part of the shape of the address space: the rule set has the default
  std::uint64_t without; ///< the value without the line, if not `shape`
  std::string_view what;
};
inline constexpr WithField withFields[] = {
#define GROWSDOWN_WITH(member, word, shape, value, what) {&With::member, word, shape, value, what},
#include "trace/fields.def"
};

/// The value of a key that is not part of the shape: that of its line, or the default.
constexpr std::uint64_t valueOf(const With& with, std::optional<std::uint64_t> With::*member) {
  for (const WithField& field : withFields)
    if (field.member == member) return (with.*member).value_or(field.without);
  return 0;
}

/// The `with` lines that give these parameters, one for each key.
inline With withOf(const Parameters& p) {
  return {.page = p.geometry.page,
          .minAddr = p.minAddr,
          .lsmMinAddr = p.lsmMinAddr,
          .maxMapCount = p.maxMapCount,
          .vaBits = p.geometry.vaBits,
          .memory = p.memoryPages * p.geometry.page};
}

/// The words of the format.
constexpr std::string_view name(Op op) {
  return fieldsOf(op).name;
}
constexpr std::string_view name(Access access) {
  return accessNames[static_cast<std::size_t>(access)];
}
constexpr std::string_view name(LimitKind kind) {
  return limitNames[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name(Page::Kind kind) {
  return pageKindNames[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name(Signal signal) {
  for (const SignalField& field : signalFields)
    if (field.signal == signal) return field.name;
  return {};
}
constexpr std::optional<Op> findOp(std::string_view word) {
  for (const OpField& field : opFields)
    if (field.name == word) return field.op;
  return std::nullopt;
}
/// `ENOMEM`; empty if the format does not know the value.
constexpr std::string_view name(Errno error) {
  for (const ErrnoField& field : errnoFields)
    if (field.error == error) return field.name;
  return {};
}

} // namespace growsdown::trace
