// The symbolic value domain: words, truths and flag words over which the rules run.
//
// A word is a mathematical integer within 0 .. 2^64-1. Every operator below has exactly the result
// of the operator of std::uint64_t, wrapping included; proofs/theorems/lemmas/operators.cpp proves
// this for each operator. A word is stored as quotient * 2^shift, where `shift` is a number of low
// bits known to be zero. An address rounded down to a page is a page number with shift 12, and
// differences and shifts of such addresses stay linear in page numbers. Without this form the
// proofs would not finish.
//
// A flag word is a 32-bit bit-vector. Words and flag words never mix. An operation without an
// encoding throws EncodingError, which is never mistaken for a verdict about the rule.
//
// Within an Explorer::MustNotWrap each sum, difference, product and shift to the left has an
// obligation not to wrap. Its formula is then the exact number, without a case for a wrapped one.
//
// The conversion of a SymBool to bool (`if`, `&&`, `||`, `?:`) is a decision: the current Explorer
// picks an answer and runs the code again for the other one. `&`, `|` and `!` make no decision.
#pragma once

#include "proofs/smt/smt.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace growsdown::proofs {

/// The code uses an operation that has no encoding (a product of two unknowns, a mask that is not
/// one run of bits, for example), or runs outside an explorer.
class EncodingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The names of the operators' obligations. A run on machine words cannot show that one of them is
/// broken; Explorer::brokenBy can.
namespace owed {
inline constexpr std::string_view noWrap = "64-bit arithmetic does not wrap";
inline constexpr std::string_view shift = "shift amounts are below 64";
inline constexpr std::string_view divisor = "divisors are not zero";
} // namespace owed
inline bool isOwed(std::string_view obligation) {
  return obligation == owed::noWrap || obligation == owed::shift || obligation == owed::divisor;
}

/// A truth: known, or a formula.
class SymBool {
 public:
  SymBool() = default;
  SymBool(bool value) : known_(true), value_(value) {}
  // Out of line, as are those of Sym and SymFlags: inline copies would be most of a rule's code.
  SymBool(const SymBool&);
  SymBool(SymBool&&) noexcept;
  SymBool& operator=(const SymBool&);
  SymBool& operator=(SymBool&&) noexcept;
  ~SymBool();
  explicit SymBool(smt::Term formula);

  bool known() const { return known_; }
  bool value() const { return value_; } ///< where known
  smt::Term term(const smt::Context&) const;
  const smt::Term& formula() const { return term_; } ///< where not known

  /// A decision of the current explorer.
  explicit operator bool() const;

  friend SymBool operator!(const SymBool& a);
  friend SymBool operator&(const SymBool& a, const SymBool& b);
  friend SymBool operator|(const SymBool& a, const SymBool& b);
  friend SymBool operator==(const SymBool& a, const SymBool& b);
  friend SymBool operator!=(const SymBool& a, const SymBool& b) { return !(a == b); }
  SymBool& operator&=(const SymBool& b) { return *this = *this & b; }
  SymBool& operator|=(const SymBool& b) { return *this = *this | b; }

 private:
  bool known_ = true;
  bool value_ = false;
  smt::Term term_;
};

/// A machine word (std::uint64_t).
class Sym {
 public:
  Sym() = default;
  Sym(std::uint64_t value) : low_(value), high_(value) {}
  Sym(const Sym&);
  Sym(Sym&&) noexcept;
  Sym& operator=(const Sym&);
  Sym& operator=(Sym&&) noexcept;
  ~Sym();

  /// The unknown quotient * 2^shift, with low <= quotient <= high. The caller must assert these
  /// bounds (Explorer does).
  Sym(smt::Term quotient, unsigned shift, std::uint64_t low, std::uint64_t high);

  bool known() const { return quotient_.empty(); }
  std::uint64_t value() const { return low_; } ///< where known
  smt::Term term(const smt::Context&) const;   ///< the whole value, an integer
  /// The value from a model of the quotient.
  std::uint64_t in(const smt::Model& model) const;
  /// Bounds of the quotient by 2^zeroBits; where known, of the value.
  std::uint64_t low() const { return low_; }
  std::uint64_t high() const { return high_; }
  unsigned zeroBits() const; ///< low bits known to be zero; 64: the value is 0

  friend Sym operator+(const Sym& a, const Sym& b);
  friend Sym operator-(const Sym& a, const Sym& b);
  /// trace::wrappingSum, trace::wrappingDifference.
  friend Sym wrappingSum(const Sym& a, const Sym& b);
  friend Sym wrappingDifference(const Sym& a, const Sym& b);
  friend Sym operator*(const Sym& a, const Sym& b);
  friend Sym operator/(const Sym& a, const Sym& b);
  friend Sym operator%(const Sym& a, const Sym& b);
  friend Sym operator&(const Sym& a, const Sym& b);
  friend Sym operator|(const Sym& a, const Sym& b);
  friend Sym operator^(const Sym& a, const Sym& b);
  friend Sym operator<<(const Sym& a, const Sym& amount);
  friend Sym operator>>(const Sym& a, const Sym& amount);
  friend Sym operator~(const Sym& a);

  friend SymBool operator<(const Sym& a, const Sym& b);
  friend SymBool operator==(const Sym& a, const Sym& b);
  friend SymBool operator<=(const Sym& a, const Sym& b) { return !(b < a); }
  friend SymBool operator>(const Sym& a, const Sym& b) { return b < a; }
  friend SymBool operator>=(const Sym& a, const Sym& b) { return !(a < b); }
  friend SymBool operator!=(const Sym& a, const Sym& b) { return !(a == b); }

  Sym& operator+=(const Sym& b) { return *this = *this + b; }
  Sym& operator-=(const Sym& b) { return *this = *this - b; }
  Sym& operator*=(const Sym& b) { return *this = *this * b; }
  Sym& operator&=(const Sym& b) { return *this = *this & b; }
  Sym& operator|=(const Sym& b) { return *this = *this | b; }
  Sym& operator<<=(const Sym& b) { return *this = *this << b; }
  Sym& operator>>=(const Sym& b) { return *this = *this >> b; }
  Sym& operator++() { return *this += 1; }
  Sym& operator--() { return *this -= 1; }

  /// `condition ? yes : no` without a decision.
  friend Sym ite(const SymBool& condition, const Sym& yes, const Sym& no);
  /// high + low, where high is a multiple of 2^at and low is below 2^at. Shifts, masks and
  /// comparisons use the two parts, so that those at bit `at` need no division.
  friend Sym joined(const Sym& high, const Sym& low, unsigned at);

 private:
  struct Scaled; // both operands with one shift
  struct Parts;
  static Sym sum(const Sym& a, const Sym& b, bool exact);
  static Sym difference(const Sym& a, const Sym& b, bool exact);
  static Sym make(smt::Term quotient, unsigned shift, std::uint64_t low, std::uint64_t high);
  Sym truncated(unsigned bits) const;  ///< value mod 2^bits
  Sym droppedLow(unsigned bits) const; ///< value with its low `bits` zero
  Sym shiftedLeft(unsigned bits) const;
  Sym shiftedRight(unsigned bits) const;

  // Known: the value is low_ and shift_ is 0. Else quotient_ * 2^shift_, low_ <= quotient_ <=
  // high_.
  smt::Term quotient_;
  unsigned shift_ = 0;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  std::shared_ptr<const Parts> parts_; // where joined
};

/// A flag word (std::uint32_t).
class SymFlags {
 public:
  static constexpr unsigned width = 32;

  SymFlags() = default;
  SymFlags(std::uint32_t value) : value_(value) {}
  SymFlags(const SymFlags&);
  SymFlags(SymFlags&&) noexcept;
  SymFlags& operator=(const SymFlags&);
  SymFlags& operator=(SymFlags&&) noexcept;
  ~SymFlags();
  explicit SymFlags(smt::Term bits);

  bool known() const { return bits_.empty(); }
  std::uint32_t value() const { return value_; } ///< where known
  smt::Term term(const smt::Context&) const;
  std::uint32_t in(const smt::Model& model) const;

  /// Whether any bit is set: a decision of the current explorer.
  explicit operator bool() const { return static_cast<bool>(*this != SymFlags(0)); }

  friend SymFlags operator&(const SymFlags& a, const SymFlags& b);
  friend SymFlags operator|(const SymFlags& a, const SymFlags& b);
  friend SymFlags operator^(const SymFlags& a, const SymFlags& b);
  friend SymFlags operator~(const SymFlags& a);
  friend SymBool operator==(const SymFlags& a, const SymFlags& b);
  friend SymBool operator!=(const SymFlags& a, const SymFlags& b) { return !(a == b); }
  friend SymBool operator!(const SymFlags& a) { return a == SymFlags(0); }
  SymFlags& operator&=(const SymFlags& b) { return *this = *this & b; }
  SymFlags& operator|=(const SymFlags& b) { return *this = *this | b; }
  SymFlags& operator^=(const SymFlags& b) { return *this = *this ^ b; }

  friend SymFlags ite(const SymBool& condition, const SymFlags& yes, const SymFlags& no);

 private:
  smt::Term bits_;
  std::uint32_t value_ = 0;
};

} // namespace growsdown::proofs
