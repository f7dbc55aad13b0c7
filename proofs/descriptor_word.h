// A page descriptor over either domain: 64 bits of which nothing is known, as a bit-vector.
#pragma once

#include "proofs/run.h"

#include <cstdint>
#include <optional>
#include <string>

namespace growsdown::proofs {

class SymDescriptor {
 public:
  SymDescriptor(std::uint64_t value) : value_(value) {}
  explicit SymDescriptor(smt::Term bits) : bits_(std::move(bits)) {}

  friend SymDescriptor operator&(const SymDescriptor& a, const SymDescriptor& b) {
    return SymDescriptor(smt::bitAnd(a.term(), b.term()));
  }
  friend SymDescriptor operator|(const SymDescriptor& a, const SymDescriptor& b) {
    return SymDescriptor(smt::bitOr(a.term(), b.term()));
  }
  friend SymDescriptor operator+(const SymDescriptor& a, const SymDescriptor& b) {
    return SymDescriptor(smt::bitAdd(a.term(), b.term()));
  }
  friend SymDescriptor operator-(const SymDescriptor& a, const SymDescriptor& b) {
    return SymDescriptor(smt::bitSubtract(a.term(), b.term()));
  }
  friend SymDescriptor operator<<(const SymDescriptor& a, unsigned by) {
    return SymDescriptor(smt::bitShiftLeft(a.term(), SymDescriptor(by).term()));
  }
  friend SymDescriptor operator>>(const SymDescriptor& a, unsigned by) {
    return SymDescriptor(smt::bitShiftRight(a.term(), SymDescriptor(by).term()));
  }
  friend SymBool operator==(const SymDescriptor& a, const SymDescriptor& b) {
    return SymBool(smt::simplify(smt::equal(a.term(), b.term())));
  }
  friend SymBool operator!=(const SymDescriptor& a, const SymDescriptor& b) { return !(a == b); }

 private:
  smt::Term term() const {
    return bits_.empty() ? Explorer::current().context().bits(value_, 64) : bits_;
  }
  smt::Term bits_;
  std::uint64_t value_ = 0;
};

/// Any descriptor.
inline SymDescriptor anyDescriptor(Run<Symbolic>& run) {
  const smt::Context& context = Explorer::current().context();
  const auto half = [&](const char* name) {
    return smt::zeroExtend(run.flags(name, ~std::uint32_t{0}).term(context), 32);
  };
  return SymDescriptor(smt::bitOr(smt::bitShiftLeft(half("descriptor.high"), context.bits(32, 64)),
                                  half("descriptor.low")));
}
inline std::uint64_t anyDescriptor(Run<model::Concrete>& run) {
  const std::uint64_t high = run.flags("descriptor.high", ~std::uint32_t{0});
  return high << 32 | run.flags("descriptor.low", ~std::uint32_t{0});
}

} // namespace growsdown::proofs
