// The interface of a theorem's code to its inputs and obligations, for two kinds of run. Under
// Symbolic the inputs are unknowns and the explorer proves the obligations. Under model::Concrete
// the inputs are the numbers of a witness; its outputs are compared with the symbolic ones, which
// checks the symbolic words themselves.
#pragma once

#include "model/domain.h"
#include "proofs/explorer.h"
#include "proofs/symbolic.h"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace growsdown::proofs {

template <class V>
class AreaList;

/// The symbolic domain, in place of model::Concrete.
struct Symbolic {
  using Word = Sym;
  using Flags = SymFlags;
  using Truth = SymBool;
  template <class V>
  using Areas = AreaList<V>;
  template <class T>
  using Elements = std::vector<T>;
};

// Connectives that make no decision, for obligations and assumptions.
inline bool both(bool a, bool b) {
  return a && b;
}
inline bool either(bool a, bool b) {
  return a || b;
}
inline bool negated(bool a) {
  return !a;
}
inline SymBool both(const SymBool& a, const SymBool& b) {
  return a & b;
}
inline SymBool either(const SymBool& a, const SymBool& b) {
  return a | b;
}
inline SymBool negated(const SymBool& a) {
  return !a;
}
template <class A, class B>
auto implies(const A& a, const B& b) {
  return either(negated(a), b);
}
/// Whether any bit is set. Makes no decision.
inline bool any(std::uint32_t flags) {
  return flags != 0;
}
inline SymBool any(const SymFlags& flags) {
  return flags != SymFlags(0);
}

/// A known truth, of the type that a comparison of the first argument has.
inline bool truthLike(std::uint64_t, bool value) {
  return value;
}
inline SymBool truthLike(const Sym&, bool value) {
  return SymBool(value);
}

inline std::uint64_t select(bool condition, std::uint64_t yes, std::uint64_t no) {
  return condition ? yes : no;
}
inline Sym select(const SymBool& condition, const Sym& yes, const Sym& no) {
  return ite(condition, yes, no);
}

inline std::uint32_t select(bool condition, std::uint32_t yes, std::uint32_t no) {
  return condition ? yes : no;
}
inline SymFlags select(const SymBool& condition, const SymFlags& yes, const SymFlags& no) {
  return ite(condition, yes, no);
}

template <class D>
class Run;

template <>
class Run<Symbolic> {
 public:
  explicit Run(Explorer& explorer) : explorer_(explorer) {}

  // The members do what those of Explorer do. Choices are the theorem's.
  Sym word(const std::string& name, std::uint64_t low = 0, std::uint64_t high = ~std::uint64_t{0},
           unsigned zeroBits = 0) {
    return explorer_.word(name, low, high, zeroBits);
  }
  SymFlags flags(const std::string& name, std::uint32_t mask) {
    return explorer_.flags(name, mask);
  }
  SymBool truth(const std::string& name) { return explorer_.truth(name); }
  unsigned choose(const std::string& name, unsigned count) {
    return explorer_.choose(name, count, true);
  }
  bool flip(const std::string& name) { return choose(name, 2) == 1; }
  void assume(const SymBool& fact) { explorer_.assume(fact); }
  void except(const SymBool& fact) { explorer_.except(fact); }
  void prefer(const SymBool& fact) { explorer_.prefer(fact); }
  void require(std::string_view name, const SymBool& fact, const Site& site = Site::here()) {
    explorer_.require(name, fact, site);
  }
  /// A limit of the theorem's own code, which no path may exceed.
  void within(bool bound);
  template <class T>
  void output(std::string_view name, const T& value) {
    explorer_.output(name, value);
  }

 private:
  Explorer& explorer_;
};

/// Machine words from a witness.
template <>
class Run<model::Concrete> {
 public:
  explicit Run(const Witness& witness) : witness_(witness) {}
  virtual ~Run() = default;

  std::uint64_t word(const std::string& name, std::uint64_t low = 0,
                     std::uint64_t high = ~std::uint64_t{0}, unsigned zeroBits = 0);
  std::uint32_t flags(const std::string& name, std::uint32_t mask);
  unsigned choose(const std::string& name, unsigned count);
  bool flip(const std::string& name) { return choose(name, 2) == 1; }
  bool truth(const std::string& name) { return take(name) != 0; }
  /// Whether the symbolic run had such an input.
  bool has(const std::string& name) const { return witness_.find(name) != witness_.end(); }
  /// A failed assumption ends the run: the rest is not about these inputs.
  void assume(bool fact);
  void except(bool fact) { assume(!fact); }
  void prefer(bool) {}
  void require(std::string_view name, bool fact) {
    if (!fact) failed_.emplace_back(name);
  }
  void within(bool) {}
  void output(std::string_view name, std::uint64_t value) {
    outputs_.push_back({std::string(name), value});
  }

  void reached(std::size_t rule) { rules_.insert(rule); }

  const std::set<std::size_t>& rules() const { return rules_; } ///< of the model
  const std::vector<Output>& outputs() const { return outputs_; }
  const std::vector<std::string>& failed() const { return failed_; } ///< obligations
  const std::string& complaint() const { return complaint_; }        ///< empty: none

 private:
  std::uint64_t take(const std::string& name) const;
  void complain(std::string text);

  const Witness& witness_;
  std::vector<Output> outputs_;
  std::vector<std::string> failed_;
  std::set<std::size_t> rules_;
  std::string complaint_;
};

/// The result of `code`, in which no sum, difference, product or shift to the left may wrap, except
/// those that are written with trace/words.h.
template <class D, class Code>
auto exactly(const Code& code) {
  if constexpr (std::is_same_v<D, Symbolic>) {
    const Explorer::MustNotWrap rules(Explorer::current());
    return code();
  } else {
    return code();
  }
}

/// How a run on machine words differs from its path; empty: not at all.
std::string disagreement(const Run<model::Concrete>& run, const Path& path);

/// The code of a theorem, over both domains.
struct Code {
  std::function<void(Run<Symbolic>&)> symbolic;
  std::function<void(Run<model::Concrete>&)> concrete;
};

/// Explores `code`. The witness of every path is run again on machine words. A refutation is
/// confirmed in the same way.
Exploration exploreAndReplay(const Code& code, const Budget& budget, const Accept& accept);
/// The same for a callable over Run<D>& for both domains.
template <class Callable>
Exploration exploreAndReplay(const Callable& code, const Budget& budget = {},
                             const Accept& accept = {}) {
  return exploreAndReplay(Code{[&code](Run<Symbolic>& run) { code(run); },
                               [&code](Run<model::Concrete>& run) { code(run); }},
                          budget, accept);
}

} // namespace growsdown::proofs
