// What a theorem's text talks to: one interface, two kinds of run. Under Symbolic the explorer
// hands out unknowns and proves obligations; under model::Concrete a witness' numbers run through
// the same text, and what comes out is compared (a check of the symbolic words themselves).
#pragma once

#include "model/domain.h"
#include "proofs/explorer.h"
#include "proofs/symbolic.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace growsdown::proofs {

template <class V>
class AreaList;

/// The symbolic domain, a stand-in for model::Concrete.
struct Symbolic {
  using Word = Sym;
  using Flags = SymFlags;
  using Truth = SymBool;
  template <class V>
  using Areas = AreaList<V>;
};

// Connectives that never ask for an answer, for obligations and assumptions.
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
/// Any bit set, as a truth that is not asked for.
inline bool any(std::uint32_t flags) {
  return flags != 0;
}
inline SymBool any(const SymFlags& flags) {
  return flags != SymFlags(0);
}

/// A known truth of the kind that comparisons of the first argument yield.
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
  /// A limit that the theorem's text sets itself and no path must come to.
  void within(bool bound) {
    if (!bound) throw EncodingError("a path goes beyond what the theorem's text provides for");
  }
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
                     std::uint64_t high = ~std::uint64_t{0}, unsigned zeroBits = 0) {
    const std::uint64_t value = take(name);
    if (value < low || value > high || (value & ((std::uint64_t{1} << zeroBits) - 1)) != 0)
      complain("the witness' " + name + " is out of its range");
    return value;
  }
  std::uint32_t flags(const std::string& name, std::uint32_t mask) {
    const std::uint64_t value = take(name);
    if ((value & ~std::uint64_t{mask}) != 0) complain("the witness' " + name + " has other bits");
    return static_cast<std::uint32_t>(value);
  }
  unsigned choose(const std::string& name, unsigned count) {
    const std::uint64_t value = take(name);
    if (value >= count) complain("the witness' " + name + " is out of its range");
    return static_cast<unsigned>(value);
  }
  bool flip(const std::string& name) { return choose(name, 2) == 1; }
  bool truth(const std::string& name) { return take(name) != 0; }
  /// Whether the symbolic run had such an input.
  bool has(const std::string& name) const { return witness_.find(name) != witness_.end(); }
  /// A failed assumption ends the run: what follows was never meant for these inputs.
  void assume(bool fact) {
    if (!fact) {
      complain("an assumption fails with machine words");
      throw PathAbort{};
    }
  }
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
  // An input that the symbolic run had not yet made when it stopped does not matter.
  std::uint64_t take(const std::string& name) const {
    const auto found = witness_.find(name);
    return found == witness_.end() ? 0 : found->second;
  }
  void complain(std::string text) {
    if (complaint_.empty()) complaint_ = std::move(text);
  }

  const Witness& witness_;
  std::vector<Output> outputs_;
  std::vector<std::string> failed_;
  std::set<std::size_t> rules_;
  std::string complaint_;
};

/// What `text` returns, which is not to wrap in any sum, difference, product or shift to the left
/// that does not say that it may (trace/words.h).
template <class D, class Text>
auto exactly(const Text& text) {
  if constexpr (std::is_same_v<D, Symbolic>) {
    const Explorer::Exact owed(Explorer::current());
    return text();
  } else {
    return text();
  }
}

/// What a run of the path's witness with machine words has different; empty: nothing.
inline std::string disagreement(const Run<model::Concrete>& run, const Path& path) {
  const std::string where = "path " + std::to_string(path.number) + ": ";
  if (!run.complaint().empty()) return where + run.complaint();
  if (!run.failed().empty())
    return where + "with machine words \"" + run.failed().front() + "\" does not hold";
  if (run.outputs().size() != path.outputs.size())
    return where + "machine words hand out " + std::to_string(run.outputs().size()) +
           " values, symbolic ones " + std::to_string(path.outputs.size());
  for (std::size_t i = 0; i < path.outputs.size(); ++i)
    if (!(run.outputs()[i] == path.outputs[i]))
      return where + path.outputs[i].name + " is " + std::to_string(run.outputs()[i].value) +
             " with machine words (" + run.outputs()[i].name + "), " +
             std::to_string(path.outputs[i].value) + " symbolically";
  return {};
}

/// Explores `text`, a callable over Run<D>& for both domains; every path's witness is run again
/// with machine words, and a refutation is confirmed the same way.
template <class Text>
Exploration exploreAndReplay(const Text& text, const Budget& budget = {},
                             const Accept& accept = {}) {
  Explorer explorer(budget);
  std::set<std::size_t> rules;
  std::uint64_t replayed = 0;
  const auto symbolic = [&](Explorer& e) {
    Run<Symbolic> run(e);
    text(run);
  };
  Exploration result = explorer.explore(
      symbolic,
      [&](const Path& path) -> std::string {
        if (path.summarised) return {};
        ++replayed;
        Run<model::Concrete> run(path.witness);
        try {
          text(run);
        } catch (const PathAbort&) {
        }
        rules.insert(run.rules().begin(), run.rules().end());
        return disagreement(run, path);
      },
      accept);
  if (result.verdict == smt::Verdict::refuted && !result.witnessSummarised) {
    std::string holds;
    if (isOwed(result.obligation)) {
      if (explorer.brokenBy(symbolic, result.witness) != result.obligation)
        holds = "; but with known numbers it does hold";
    } else {
      Run<model::Concrete> run(result.witness);
      try {
        text(run);
      } catch (const PathAbort&) {
      }
      if (run.failed().empty())
        holds = "; but with machine words it does hold" +
                (run.complaint().empty() ? "" : " (" + run.complaint() + ")");
    }
    if (!holds.empty()) {
      result.verdict = smt::Verdict::error;
      result.reason += holds;
    }
  }
  result.rules = std::move(rules);
  result.replayed = replayed;
  result.replays = true;
  return result;
}

} // namespace growsdown::proofs
