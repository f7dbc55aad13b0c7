// Runs a text again for every feasible combination of answers to the questions it asks.
//
// Depth first over decision prefixes. A model of the present path's condition is kept: it answers a
// new question, so that only the other side costs a query; where that is feasible its model is
// saved and becomes the present one when the side's turn comes. Every finished path therefore has a
// witness for nothing. Decisions met again while a prefix is replayed are compared term by term:
// a text that is not deterministic is an error, never a verdict.
#pragma once

#include "proofs/smt/smt.h"
#include "proofs/symbolic.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace growsdown::proofs {

/// Thrown through the explored text where a path ends early: an assumption fails there, or
/// everything behind an obligation was already refuted. Texts must let it pass.
struct PathAbort {};

/// Budgets in Z3's resource units, a query; 0: unlimited. The same on every machine. And how the
/// queries are asked, which the count depends on.
struct Budget {
  std::uint64_t decision = 2'000'000;
  std::uint64_t obligation = 20'000'000;
  std::uint64_t total = 2'000'000'000; ///< of all queries together; unknown beyond
  std::uint64_t paths = 100'000;       ///< unknown beyond
  smt::Asking asking = {};
};

/// The inputs' values by name (flag words and truths as numbers).
using Witness = std::map<std::string, std::uint64_t, std::less<>>;

/// A value that a run hands out, to be compared between symbolic and machine words.
struct Output {
  std::string name;
  std::uint64_t value = 0;
  friend bool operator==(const Output&, const Output&) = default;
};

/// A finished path.
struct Path {
  std::uint64_t number = 0;    ///< from 1
  Witness witness;             ///< inputs that take this path
  std::vector<Output> outputs; ///< what the run handed out, for the witness
  bool summarised = false;     ///< see Explorer::summarised
};

/// Where a text states something.
struct Site {
  std::string_view file; ///< empty: nowhere in particular
  unsigned line = 0;
  static Site here(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    return {file, line};
  }
  friend bool operator==(const Site&, const Site&) = default;
};

/// An obligation that paths came to.
struct Required {
  std::uint64_t paths = 0; ///< all but those on which what is assumed later cannot be
  Site site;
};

/// A choice that a theorem makes.
struct Choice {
  std::vector<std::uint64_t> paths; ///< that took each side, counted likewise
  bool tentative = false;           ///< see Explorer::Tentative
};

/// What a question cost the solver.
struct Cost {
  std::string what;
  std::uint64_t spent = 0; ///< resource units
  double seconds = 0;
};

struct Exploration {
  smt::Verdict verdict = smt::Verdict::proved; ///< proved: all paths seen, all obligations hold
  std::string reason;                          ///< of any other verdict
  std::uint64_t paths = 0;                     ///< finished
  std::uint64_t aborted = 0;                   ///< ended by an assumption
  std::uint64_t replayed = 0;                  ///< of the finished: run again on machine words
  std::uint64_t decisions = 0;    ///< questions asked that both answers of which are feasible
  std::uint64_t queries = 0;      ///< asked of the solver for feasibility
  std::uint64_t asked = 0;        ///< of the solver, obligations included
  std::uint64_t implied = 0;      ///< decisions and obligations that it was not needed for
  std::uint64_t obligations = 0;  ///< checked, all together
  std::uint64_t bySolver = 0;     ///< of these, by the solver (others were true as built)
  std::uint64_t spent = 0;        ///< resource units
  std::string obligation;         ///< refuted or unknown: which one
  Witness witness;                ///< refuted: inputs that break it
  bool witnessSummarised = false; ///< these are not the whole of it
  std::string dump;               ///< refuted or unknown: the question as SMT-LIB
  std::set<std::size_t> rules;    ///< of the model, that the witnesses went through
  std::map<std::string, Required, std::less<>> required; ///< by its name
  std::map<std::string, Choice, std::less<>> choices;    ///< by its name
  bool replays = false; ///< whether paths are run again on machine words at all
  Cost dearest;         ///< the question that took the most resource units
  Cost longest;         ///< the one that took the most seconds

  void asking(const std::string& what, std::uint64_t units, double seconds); ///< counts a question
};

/// Why a proof over these paths would say nothing, or less than it seems to: no path finishes,
/// nothing is required on any, an obligation or a side of a choice stands only where an assumption
/// behind it cannot be, no path could be run again on machine words. Empty: it says something.
/// Every path that counts here has a witness, so none of them is an empty case.
std::string vacuity(const Exploration& explored);

/// Whether a counterexample (and the obligation it breaks) will do; if not, the search goes on, and
/// the first one is kept for want of a better.
using Accept = std::function<bool(const Witness&, const std::string&)>;

class Explorer {
 public:
  explicit Explorer(const Budget& budget = {});
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;
  ~Explorer();

  /// Explores `text`. `path`, where given, is called for every finished path; a message that it
  /// returns ends the exploration with Verdict::error.
  Exploration explore(const std::function<void(Explorer&)>& text,
                      const std::function<std::string(const Path&)>& path = {},
                      const Accept& accept = {});

  /// The first obligation that `text` breaks with these inputs, all of them known; empty: none.
  /// Asks the solver nothing.
  std::string brokenBy(const std::function<void(Explorer&)>& text, const Witness& inputs);

  // --- for the explored text

  /// Inputs. The same name is the same unknown in every run. Bounds are inclusive.
  Sym word(const std::string& name, std::uint64_t low = 0, std::uint64_t high = ~std::uint64_t{0},
           unsigned zeroBits = 0);
  SymFlags flags(const std::string& name, std::uint32_t mask);
  SymBool truth(const std::string& name);
  /// One of 0 .. count-1: every one is explored. Where it is the theorem that chooses, there must
  /// be a path for each.
  unsigned choose(const std::string& name, unsigned count, bool byTheorem = false);

  /// Only inputs for which this holds matter from here on. Where there are none, the path ends here
  /// or further on, where it is next asked.
  void assume(const SymBool&);
  /// From here on only inputs for which this does not hold matter: what a theorem excepts, and says
  /// so. That may be all of what it chose, which is not vacuous then, if it could be until here.
  void except(const SymBool&);
  void freshen(); ///< makes the model one of the path; ends the path here, where there is none
  /// Whether this is so for all inputs that take the present path. Asks, but opens no other path.
  bool holds(const SymBool&);
  /// A finished path's witness is to satisfy this where some witness of that path does; of several
  /// that cannot all be had, rather the earlier ones. Opens no path.
  void prefer(const SymBool&);
  /// Must hold on every path. No other site may have the name.
  void require(std::string_view name, const SymBool&, const Site& site = Site::here());

  /// While one lives, arithmetic owes that it does not wrap, but what says that it may
  /// (trace/words.h). With `owed` false not even that does, in the life of another.
  class Exact {
   public:
    explicit Exact(Explorer& explorer, bool owed = true)
        : explorer_(explorer), before_(std::exchange(explorer.exact_, owed)) {}
    Exact(const Exact&) = delete;
    Exact& operator=(const Exact&) = delete;
    ~Exact() { explorer_.exact_ = before_; }

   private:
    Explorer& explorer_;
    bool before_;
  };
  bool exact() const { return exact_; }

  /// While one lives, choices are about what may turn out not to be (an area of a list): then none
  /// of their sides need be on a path.
  class Tentative {
   public:
    explicit Tentative(Explorer& explorer)
        : explorer_(explorer), before_(std::exchange(explorer.tentative_, true)) {}
    Tentative(const Tentative&) = delete;
    Tentative& operator=(const Tentative&) = delete;
    ~Tentative() { explorer_.tentative_ = before_; }

   private:
    Explorer& explorer_;
    bool before_;
  };

  /// From here on the path stands for more than any witness shows (a number of areas by what they
  /// count for, say): machine words cannot follow it.
  void summarised() { summarised_ = true; }
  /// The value of an unknown function at `index`, a word within bounds.
  Sym element(const std::string& function, const Sym& index, std::uint64_t low, std::uint64_t high);
  /// 0, 1, …: for names of inputs that the text has none for.
  unsigned serial() { return serial_++; }

  void output(std::string_view name, const Sym&);
  void output(std::string_view name, const SymFlags&);
  void output(std::string_view name, const SymBool&);
  void output(std::string_view name, std::uint64_t value) { output(name, Sym(value)); }

  // --- for the symbolic domain

  static Explorer& current(); ///< throws EncodingError where none runs
  static Explorer* running(); ///< null where none runs
  const smt::Context& context() const { return context_; }
  bool decide(const smt::Term& question);

 private:
  struct Decision {
    enum class Kind : std::uint8_t { branch, assumption, choice, consequence } kind = Kind::branch;
    smt::Term term;                // branch, assumption, consequence
    bool answer = false;           // branch, consequence
    bool open = false;             // branch: the other answer is still to be explored
    bool frame = false;            // has a solver frame
    bool framed = false;           // one lies here or below, behind the last choice
    unsigned taken = 0;            // choice
    unsigned count = 0;            // choice
    smt::Model other;              // for the alternative
    smt::Term atom;                // what facts_ knows since
    std::vector<smt::Term> proved; // and what it knows of obligations
  };
  struct Input {
    enum class Kind : std::uint8_t { word, flags, truth, choice } kind = Kind::word;
    Sym word;
    SymFlags flags;
    SymBool truth;
    unsigned choice = 0;
  };
  struct Handed {
    std::string name;
    Input value;
  };
  struct Obligation {
    std::string name;
    smt::Term negated; // simplified, without what is known not to be
    smt::Term stated;  // not
  };
  struct Stop {}; // the exploration is over: result_ says why

  // A simplified question without its negation, so that it is recognised when asked again.
  struct Atom {
    smt::Term term;
    bool positive = true;
  };
  static Atom atomOf(const smt::Term& question);
  void learn(Decision& decision, const Atom& atom);
  void learn(const Obligation& proved);
  void forget(std::vector<smt::Term>& proved);
  std::optional<bool> known(const Atom& atom) const;
  smt::Term open(const smt::Term& negated) const;
  void take(const std::string& name, Input input);
  void add(Decision decision);
  void drop(); // the last decision
  smt::Term simplified(const smt::Term& term);

  bool replaying() const { return position_ < stack_.size(); }
  Decision& replayed(Decision::Kind kind);
  void enter(const smt::Term& fact) { enter(fact, fact); } // a frame with this fact
  void enter(const smt::Term& fact, const smt::Term& stated);
  smt::Answer ask(std::uint64_t budget, const std::string& what);
  [[noreturn]] void impossible();
  void imply(const smt::Term& impossible, const std::string& what);
  void incomplete(const std::string& reason);
  void runOnce(const std::function<void(Explorer&)>& text, bool& finished);
  bool backtrack();
  std::uint64_t givenTo(const std::string& name) const;
  std::uint64_t valueOf(const Input&) const;
  Witness witness() const;
  smt::Answer askWith(const smt::Term& fact, const smt::Term& stated,
                      const std::string& what); // keeps its model
  smt::Answer askAlone(const Obligation&);
  std::string onPath(const std::string& what) const;
  void settle();
  void countChoices();
  void settleAlone(const Obligation&);
  void favour();
  unsigned favour(std::size_t from, std::size_t to); // frames that it leaves
  void refute(const Obligation&);

  Budget budget_;
  smt::Context context_;
  smt::Solver solver_;
  smt::Model model_; // of the path, but where stale_
  std::vector<Decision> stack_;
  std::size_t position_ = 0;
  bool summarised_ = false;
  bool exact_ = false;
  bool tentative_ = false;
  bool impossible_ = false; // an assumption ended the run
  bool stale_ = false;      // the model may not satisfy what was assumed last
  unsigned serial_ = 0;
  std::unordered_map<std::uint64_t, bool> facts_; // answers on this path, by the atom's id
  // By the id of the first, which keeps its id while it is here.
  std::unordered_map<std::uint64_t, std::pair<smt::Term, smt::Term>> simplified_;
  std::map<std::string, Input, std::less<>> inputs_;
  std::vector<Handed> outputs_;
  std::vector<Obligation> pending_; // required since the last decision
  std::vector<smt::Term> preferences_;
  std::vector<smt::Term> proved_;                         // obligations, before any decision
  std::vector<std::string_view> met_;                     // of the present run, by name
  std::map<std::string, Site, std::less<>> names_;        // of all
  std::map<std::string, Input::Kind, std::less<>> kinds_; // of all inputs
  struct Chosen {
    std::string_view name;
    unsigned taken;
    unsigned count;
    bool tentative;
  };
  std::vector<Chosen> chosen_; // in the present run, by the theorem
  Accept accept_;
  const Witness* given_ = nullptr; // brokenBy: the inputs
  std::string broken_;             // and what they break
  Exploration result_;
};

} // namespace growsdown::proofs
