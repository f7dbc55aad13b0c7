#include "proofs/symbolic.h"

#include "proofs/explorer.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace growsdown::proofs {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t allOnes = ~std::uint64_t{0};

const smt::Context& context() {
  return Explorer::current().context();
}

bool exact() {
  const Explorer* explorer = Explorer::running();
  return explorer != nullptr && explorer->exact();
}
// The obligation of exact arithmetic.
void owe(const SymBool& fits) {
  Explorer::current().require(owed::noWrap, fits, Site{});
}

// The greatest quotient for a shift.
constexpr std::uint64_t greatest(unsigned shift) {
  return allOnes >> shift;
}

} // namespace

// --- truths

SymBool::SymBool(const SymBool&) = default;
SymBool::SymBool(SymBool&&) noexcept = default;
SymBool& SymBool::operator=(const SymBool&) = default;
SymBool& SymBool::operator=(SymBool&&) noexcept = default;
SymBool::~SymBool() = default;

SymBool::SymBool(smt::Term formula) : known_(false), term_(std::move(formula)) {
  if (const std::optional<bool> literal = term_.literal()) {
    known_ = true;
    value_ = *literal;
    term_ = {};
  }
}

smt::Term SymBool::term(const smt::Context& c) const {
  return known_ ? c.truth(value_) : term_;
}

SymBool::operator bool() const {
  return known_ ? value_ : Explorer::current().decide(term_);
}

SymBool operator!(const SymBool& a) {
  return a.known_ ? SymBool(!a.value_) : SymBool(smt::negation(a.term_));
}
SymBool operator&(const SymBool& a, const SymBool& b) {
  if (a.known_) return a.value_ ? b : a;
  if (b.known_) return b.value_ ? a : b;
  return SymBool(smt::conjunction(a.term_, b.term_));
}
SymBool operator|(const SymBool& a, const SymBool& b) {
  if (a.known_) return a.value_ ? a : b;
  if (b.known_) return b.value_ ? b : a;
  return SymBool(smt::disjunction(a.term_, b.term_));
}
SymBool operator==(const SymBool& a, const SymBool& b) {
  if (a.known_) return a.value_ ? b : !b;
  if (b.known_) return b.value_ ? a : !a;
  return SymBool(smt::equal(a.term_, b.term_));
}

// --- words

Sym::Sym(const Sym&) = default;
Sym::Sym(Sym&&) noexcept = default;
Sym& Sym::operator=(const Sym&) = default;
Sym& Sym::operator=(Sym&&) noexcept = default;
Sym::~Sym() = default;

Sym::Sym(smt::Term quotient, unsigned shift, std::uint64_t low, std::uint64_t high)
    : quotient_(std::move(quotient)), shift_(shift), low_(low), high_(high) {
  if (shift_ >= 64 || low_ > high_ || high_ > greatest(shift_))
    throw EncodingError("a word's bounds do not fit a machine word");
}

// Bounds that meet make the value known, whatever its term.
Sym Sym::make(smt::Term quotient, unsigned shift, std::uint64_t low, std::uint64_t high) {
  if (low == high) return Sym(low << shift);
  return Sym(std::move(quotient), shift, low, high);
}

unsigned Sym::zeroBits() const {
  return known() ? static_cast<unsigned>(std::countr_zero(low_)) : shift_;
}

smt::Term Sym::term(const smt::Context& c) const {
  if (known()) return c.integer(low_);
  return shift_ == 0 ? quotient_ : smt::multiply(c.power(shift_), quotient_);
}

std::uint64_t Sym::in(const smt::Model& model) const {
  return known() ? low_ : model.number(quotient_) << shift_;
}

// Two operands brought to the same shift: their quotients as terms, with bounds.
struct Sym::Scaled {
  unsigned shift = 0;
  smt::Term a;
  smt::Term b;
  Wide lowA = 0;
  Wide highA = 0;
  Wide lowB = 0;
  Wide highB = 0;

  // One of them at least is not known.
  Scaled(const Sym& x, const Sym& y) {
    shift = std::min(x.zeroBits(), y.zeroBits());
    scale(x, a, lowA, highA);
    scale(y, b, lowB, highB);
  }

  void scale(const Sym& x, smt::Term& term, Wide& low, Wide& high) const {
    if (x.known()) {
      low = high = x.low_ >> shift;
      term = context().integer(x.low_ >> shift);
      return;
    }
    const unsigned by = x.shift_ - shift;
    low = Wide{x.low_} << by;
    high = Wide{x.high_} << by;
    term = by == 0 ? x.quotient_ : smt::multiply(context().power(by), x.quotient_);
  }
};

struct Sym::Parts {
  Sym high;
  Sym low;
  unsigned at = 0;
};

Sym joined(const Sym& high, const Sym& low, unsigned at) {
  const std::uint64_t top = low.known() ? low.low_ : low.high_ << low.shift_;
  if (high.zeroBits() < at || (at < 64 && top >> at != 0))
    throw EncodingError("words are joined whose bits overlap");
  Sym sum = high + low;
  if (!sum.known()) sum.parts_ = std::make_shared<Sym::Parts>(Sym::Parts{high, low, at});
  return sum;
}

// If `exact`, a result that could wrap has the obligation not to wrap, and is then the exact
// number. A path on which it wraps is not proved, so nothing has to hold there.
Sym Sym::sum(const Sym& a, const Sym& b, bool exact) {
  if (a.known() && b.known()) {
    if (exact && a.low_ + b.low_ < a.low_) owe(SymBool(false));
    return Sym(a.low_ + b.low_);
  }
  if (a.known() && a.low_ == 0) return b;
  if (b.known() && b.low_ == 0) return a;
  const Sym::Scaled s(a, b);
  const Wide modulus = Wide{1} << (64 - s.shift);
  const smt::Term sum = smt::add(s.a, s.b);
  const Wide low = s.lowA + s.lowB;
  const Wide high = s.highA + s.highB;
  if (high < modulus)
    return Sym::make(sum, s.shift, static_cast<std::uint64_t>(low),
                     static_cast<std::uint64_t>(high));
  const smt::Term wrapped = smt::subtract(sum, context().power(64 - s.shift));
  if (low >= modulus) {
    if (exact) owe(SymBool(false));
    return Sym::make(wrapped, s.shift, static_cast<std::uint64_t>(low - modulus),
                     static_cast<std::uint64_t>(high - modulus));
  }
  const smt::Term fits = smt::less(sum, context().power(64 - s.shift));
  if (exact) {
    owe(SymBool(fits));
    return Sym::make(sum, s.shift, static_cast<std::uint64_t>(low), greatest(s.shift));
  }
  return Sym(smt::ite(fits, sum, wrapped), s.shift, 0, greatest(s.shift));
}
Sym operator+(const Sym& a, const Sym& b) {
  return Sym::sum(a, b, exact());
}
Sym wrappingSum(const Sym& a, const Sym& b) {
  return Sym::sum(a, b, false);
}

Sym Sym::difference(const Sym& a, const Sym& b, bool exact) {
  if (a.known() && b.known()) {
    if (exact && a.low_ < b.low_) owe(SymBool(false));
    return Sym(a.low_ - b.low_);
  }
  if (b.known() && b.low_ == 0) return a;
  const Sym::Scaled s(a, b);
  if (s.a.sameAs(s.b)) return Sym(0);
  const smt::Term difference = smt::subtract(s.a, s.b);
  if (s.lowA >= s.highB)
    return Sym::make(difference, s.shift, static_cast<std::uint64_t>(s.lowA - s.highB),
                     static_cast<std::uint64_t>(s.highA - s.lowB));
  const smt::Term wrapped = smt::add(difference, context().power(64 - s.shift));
  if (s.highA < s.lowB) {
    if (exact) owe(SymBool(false));
    const Wide modulus = Wide{1} << (64 - s.shift);
    return Sym::make(wrapped, s.shift, static_cast<std::uint64_t>(modulus + s.lowA - s.highB),
                     static_cast<std::uint64_t>(modulus + s.highA - s.lowB));
  }
  const smt::Term fits = smt::lessOrEqual(s.b, s.a);
  if (exact) {
    owe(SymBool(fits));
    return Sym::make(difference, s.shift, 0, static_cast<std::uint64_t>(s.highA - s.lowB));
  }
  return Sym(smt::ite(fits, difference, wrapped), s.shift, 0, greatest(s.shift));
}
Sym operator-(const Sym& a, const Sym& b) {
  return Sym::difference(a, b, exact());
}
Sym wrappingDifference(const Sym& a, const Sym& b) {
  return Sym::difference(a, b, false);
}

Sym operator*(const Sym& a, const Sym& b) {
  if (a.known() && b.known()) {
    if (exact() && Wide{a.low_} * b.low_ > allOnes) owe(SymBool(false));
    return Sym(a.low_ * b.low_);
  }
  if (a.known()) return b * a;
  if (!b.known()) throw EncodingError("a product of two unknowns");
  if (b.low_ == 0) return Sym(0);
  if (exact()) owe(a <= Sym(allOnes / b.low_));
  const auto twos = static_cast<unsigned>(std::countr_zero(b.low_));
  const std::uint64_t odd = b.low_ >> twos;
  const Sym scaled = a.shiftedLeft(twos);
  if (odd == 1 || scaled.known()) return odd == 1 ? scaled : Sym(scaled.low_ * odd);
  const unsigned shift = scaled.shift_;
  const smt::Term product = smt::multiply(context().integer(odd), scaled.quotient_);
  const Wide high = Wide{scaled.high_} * odd;
  if (high <= greatest(shift))
    return Sym::make(product, shift, scaled.low_ * odd, static_cast<std::uint64_t>(high));
  return Sym(smt::modulo(product, context().power(64 - shift)), shift, 0, greatest(shift));
}

Sym Sym::truncated(unsigned bits) const {
  if (bits >= 64) return *this;
  if (known()) return Sym(low_ & ((std::uint64_t{1} << bits) - 1));
  if (shift_ >= bits) return Sym(0);
  if (parts_)
    return bits <= parts_->at ? parts_->low.truncated(bits)
                              : joined(parts_->high.truncated(bits), parts_->low, parts_->at);
  const std::uint64_t top = (std::uint64_t{1} << (bits - shift_)) - 1;
  if (high_ <= top) return *this;
  return make(smt::modulo(quotient_, context().power(bits - shift_)), shift_, 0, top);
}

Sym Sym::droppedLow(unsigned bits) const {
  if (bits >= 64) return Sym(0);
  if (known()) return Sym(low_ >> bits << bits);
  if (shift_ >= bits) return *this;
  if (parts_)
    return bits >= parts_->at ? parts_->high.droppedLow(bits)
                              : joined(parts_->high, parts_->low.droppedLow(bits), parts_->at);
  const unsigned by = bits - shift_;
  return make(smt::divide(quotient_, context().power(by)), bits, low_ >> by, high_ >> by);
}

Sym Sym::shiftedLeft(unsigned bits) const {
  if (known()) return Sym(low_ << bits);
  if (shift_ + bits >= 64) return Sym(0);
  const Sym kept = truncated(64 - bits);
  if (kept.known()) return Sym(kept.low_ << bits);
  return Sym(kept.quotient_, kept.shift_ + bits, kept.low_, kept.high_);
}

Sym Sym::shiftedRight(unsigned bits) const {
  const Sym kept = droppedLow(bits);
  if (kept.known()) return Sym(kept.low_ >> bits);
  if (kept.parts_ && bits < kept.parts_->at)
    return joined(kept.parts_->high.shiftedRight(bits), kept.parts_->low.shiftedRight(bits),
                  kept.parts_->at - bits);
  return Sym(kept.quotient_, kept.shift_ - bits, kept.low_, kept.high_);
}

namespace {

// A divisor or shift amount outside C++'s range is a defect of the rule, with an obligation of its
// own. An unknown amount is enumerated.
unsigned amountOf(const Sym& amount) {
  Explorer* explorer = Explorer::running();
  if (amount.known()) {
    if (amount.value() < 64) return static_cast<unsigned>(amount.value());
    if (explorer == nullptr) throw EncodingError("a shift by 64 or more");
    explorer->require(owed::shift, SymBool(false), Site{});
    throw PathAbort{};
  }
  Explorer& running = Explorer::current();
  running.require(owed::shift, amount < Sym(64), Site{});
  running.assume(amount < Sym(64));
  for (unsigned n = 0; n < 63; ++n)
    if (amount == Sym(n)) return n;
  return 63;
}

std::uint64_t divisorOf(const Sym& divisor) {
  if (!divisor.known()) {
    Explorer::current().require(owed::divisor, divisor != Sym(0), Site{});
    throw EncodingError("a division by an unknown");
  }
  if (divisor.value() != 0) return divisor.value();
  if (Explorer::running() == nullptr) throw EncodingError("a division by zero");
  Explorer::current().require(owed::divisor, SymBool(false), Site{});
  throw PathAbort{};
}

} // namespace

Sym operator<<(const Sym& a, const Sym& amount) {
  const unsigned bits = amountOf(amount);
  if (exact()) owe(a <= Sym(allOnes >> bits));
  return a.shiftedLeft(bits);
}
Sym operator>>(const Sym& a, const Sym& amount) {
  return a.shiftedRight(amountOf(amount));
}

Sym operator/(const Sym& a, const Sym& b) {
  const std::uint64_t divisor = divisorOf(b);
  if (a.known()) return Sym(a.low_ / divisor);
  const auto twos = static_cast<unsigned>(std::countr_zero(divisor));
  const std::uint64_t odd = divisor >> twos;
  Sym shifted = a.shiftedRight(twos); // x / (2^n * m) == (x / 2^n) / m
  if (odd == 1) return shifted;
  if (shifted.known()) return Sym(shifted.low_ / odd);
  const std::uint64_t low = (shifted.low_ << shifted.shift_) / odd;
  const std::uint64_t high = (shifted.high_ << shifted.shift_) / odd;
  return Sym::make(smt::divide(shifted.term(context()), context().integer(odd)), 0, low, high);
}

Sym operator%(const Sym& a, const Sym& b) {
  const std::uint64_t divisor = divisorOf(b);
  if (a.known()) return Sym(a.low_ % divisor);
  if (std::has_single_bit(divisor))
    return a.truncated(static_cast<unsigned>(std::countr_zero(divisor)));
  return Sym::make(smt::modulo(a.term(context()), context().integer(divisor)), 0, 0, divisor - 1);
}

Sym operator&(const Sym& a, const Sym& b) {
  if (a.known() && b.known()) return Sym(a.low_ & b.low_);
  if (a.known()) return b & a;
  if (!b.known()) throw EncodingError("`&` of two unknown words");
  const std::uint64_t mask = b.low_;
  if (mask == 0) return Sym(0);
  // A run of low bits, of high bits, or a run in the middle (high bits of low bits).
  const auto low = static_cast<unsigned>(std::countr_zero(mask));
  const std::uint64_t run = mask >> low;
  if ((run & (run + 1)) != 0) throw EncodingError("a mask that is not one run of bits");
  const auto top = static_cast<unsigned>(std::bit_width(mask));
  return a.truncated(top).droppedLow(low);
}

Sym operator|(const Sym& a, const Sym& b) {
  if (a.known() && b.known()) return Sym(a.low_ | b.low_);
  if (a.known() && a.low_ == 0) return b;
  if (b.known() && b.low_ == 0) return a;
  const auto below = [](const Sym& x, unsigned bits) {
    const std::uint64_t high = x.known() ? x.low_ : x.high_ << x.shift_;
    return bits >= 64 || high >> bits == 0;
  };
  if (below(b, a.zeroBits()) || below(a, b.zeroBits())) return a + b;
  throw EncodingError("`|` of words whose bits may overlap");
}

Sym operator^(const Sym& a, const Sym& b) {
  if (a.known() && b.known()) return Sym(a.low_ ^ b.low_);
  throw EncodingError("`^` of unknown words");
}

Sym operator~(const Sym& a) {
  return Sym(allOnes) - a;
}

SymBool operator<(const Sym& a, const Sym& b) {
  if (a.known() && b.known()) return SymBool(a.low_ < b.low_);
  const Sym::Scaled s(a, b);
  if (s.highA < s.lowB) return SymBool(true);
  if (s.lowA >= s.highB || s.a.sameAs(s.b)) return SymBool(false);
  return SymBool(smt::less(s.a, s.b));
}

SymBool operator==(const Sym& a, const Sym& b) {
  if (a.known() && b.known()) return SymBool(a.low_ == b.low_);
  if (a.parts_ && b.parts_ && a.parts_->at == b.parts_->at)
    return (a.parts_->high == b.parts_->high) & (a.parts_->low == b.parts_->low);
  const Sym::Scaled s(a, b);
  if (s.highA < s.lowB || s.highB < s.lowA) return SymBool(false);
  if (s.a.sameAs(s.b)) return SymBool(true);
  return SymBool(smt::equal(s.a, s.b));
}

Sym ite(const SymBool& condition, const Sym& yes, const Sym& no) {
  if (condition.known()) return condition.value() ? yes : no;
  if (yes.known() && no.known() && yes.low_ == no.low_) return yes;
  Sym::Scaled s = yes.known() && no.known() ? Sym::Scaled(yes, no) : Sym::Scaled(yes, no);
  if (s.shift >= 64) s.shift = 63;
  return Sym::make(smt::ite(condition.formula(), s.a, s.b), s.shift,
                   static_cast<std::uint64_t>(std::min(s.lowA, s.lowB)),
                   static_cast<std::uint64_t>(std::max(s.highA, s.highB)));
}

// --- flag words

SymFlags::SymFlags(const SymFlags&) = default;
SymFlags::SymFlags(SymFlags&&) noexcept = default;
SymFlags& SymFlags::operator=(const SymFlags&) = default;
SymFlags& SymFlags::operator=(SymFlags&&) noexcept = default;
SymFlags::~SymFlags() = default;

SymFlags::SymFlags(smt::Term bits) : bits_(std::move(bits)) {
  if (bits_.sort() != smt::Sort::bits || bits_.width() != width)
    throw EncodingError("a flag word is a bit-vector of 32 bits");
}

smt::Term SymFlags::term(const smt::Context& c) const {
  return known() ? c.bits(value_, width) : bits_;
}
std::uint32_t SymFlags::in(const smt::Model& model) const {
  return known() ? value_ : static_cast<std::uint32_t>(model.number(bits_));
}

SymFlags operator&(const SymFlags& a, const SymFlags& b) {
  if (a.known() && b.known()) return SymFlags(a.value_ & b.value_);
  if ((a.known() && a.value_ == 0) || (b.known() && b.value_ == 0)) return SymFlags(0);
  return SymFlags(smt::bitAnd(a.term(context()), b.term(context())));
}
SymFlags operator|(const SymFlags& a, const SymFlags& b) {
  if (a.known() && b.known()) return SymFlags(a.value_ | b.value_);
  if (a.known() && a.value_ == 0) return b;
  if (b.known() && b.value_ == 0) return a;
  return SymFlags(smt::bitOr(a.term(context()), b.term(context())));
}
SymFlags operator^(const SymFlags& a, const SymFlags& b) {
  if (a.known() && b.known()) return SymFlags(a.value_ ^ b.value_);
  return SymFlags(smt::bitXor(a.term(context()), b.term(context())));
}
SymFlags operator~(const SymFlags& a) {
  return a.known() ? SymFlags(~a.value_) : SymFlags(smt::bitNot(a.bits_));
}
SymBool operator==(const SymFlags& a, const SymFlags& b) {
  if (a.known() && b.known()) return SymBool(a.value_ == b.value_);
  if (a.bits_.sameAs(b.bits_)) return SymBool(true);
  return SymBool(smt::equal(a.term(context()), b.term(context())));
}

SymFlags ite(const SymBool& condition, const SymFlags& yes, const SymFlags& no) {
  if (condition.known()) return condition.value() ? yes : no;
  if (yes.known() && no.known() && yes.value_ == no.value_) return yes;
  return SymFlags(smt::ite(condition.formula(), yes.term(context()), no.term(context())));
}

} // namespace growsdown::proofs
