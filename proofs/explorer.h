// Runs code over symbolic words once for each feasible combination of the decisions that it makes.
//
// The search is depth first over prefixes of decisions. The explorer keeps a model: values for the
// inputs that take the current path. The model answers each new decision, so that only the other
// answer costs a query. If the other answer is feasible, the model that the query gave is saved for
// the run that follows it. Every finished path therefore has a witness at no extra cost.
// While a prefix is run again, its decisions are compared with the recorded ones term by term. Code
// that is not deterministic results in an error, never in a verdict.
#pragma once

#include "proofs/smt/smt.h"
#include "proofs/symbolic.h"

#include <chrono>
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

/// Thrown through the explored code to end a path early: an assumption cannot hold, or an obligation
/// was refuted. The explored code must not catch it.
struct PathAbort {};

/// What an exploration may spend, in Z3's resource units, which are the same on every machine.
/// 0: unlimited. If a limit is exceeded, the verdict is `unknown`.
struct Budget {
  std::uint64_t decision = 2'000'000;    ///< for one query about feasibility
  std::uint64_t obligation = 20'000'000; ///< for one query about obligations
  std::uint64_t total = 2'000'000'000;   ///< for all queries together
  std::uint64_t paths = 100'000;         ///< number of finished paths
  smt::Asking asking = {};               ///< options of the solver, on which the count depends
};

/// The values of the inputs by name. Flag words and truths are numbers.
using Witness = std::map<std::string, std::uint64_t, std::less<>>;

/// A value that a run reports, for comparison between symbolic and machine words.
struct Output {
  std::string name;
  std::uint64_t value = 0;
  friend bool operator==(const Output&, const Output&) = default;
};

/// A finished path.
struct Path {
  std::uint64_t number = 0;    ///< from 1
  Witness witness;             ///< inputs that take this path
  std::vector<Output> outputs; ///< the outputs of the run, for the witness
  bool summarised = false;     ///< see Explorer::summarised
};

/// The source line of an obligation.
struct Site {
  std::string_view file; ///< empty: nowhere in particular
  unsigned line = 0;
  static Site here(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    return {file, line};
  }
  friend bool operator==(const Site&, const Site&) = default;
};

/// An obligation that was required on some path.
struct Required {
  /// Number of paths that require it. A path does not count if a later assumption cannot hold on
  /// it.
  std::uint64_t paths = 0;
  Site site;
};

/// A choice that a theorem makes.
struct Choice {
  std::vector<std::uint64_t> paths; ///< for each alternative, counted as in Required
  bool tentative = false;           ///< see Explorer::Tentative
};

/// The cost of one query.
struct Cost {
  std::string what;
  std::uint64_t spent = 0; ///< resource units
  double seconds = 0;
};

/// The result of an exploration. The verdict `proved` means that all paths were followed and all
/// obligations hold.
struct Exploration {
  smt::ProofVerdict verdict = smt::ProofVerdict::proved;
  std::string reason;             ///< of any verdict except `proved`
  std::uint64_t paths = 0;        ///< finished
  std::uint64_t aborted = 0;      ///< ended by an assumption
  std::uint64_t replayed = 0;     ///< finished paths that were run again on machine words
  std::uint64_t decisions = 0;    ///< that have two feasible answers
  std::uint64_t queries = 0;      ///< to the solver about feasibility
  std::uint64_t asked = 0;        ///< all queries to the solver
  std::uint64_t implied = 0;      ///< decisions and obligations that needed no query
  std::uint64_t obligations = 0;  ///< checked
  std::uint64_t bySolver = 0;     ///< of these, not true by construction
  std::uint64_t spent = 0;        ///< resource units
  std::string obligation;         ///< refuted or unknown: its name
  Witness witness;                ///< refuted: inputs that break the obligation
  bool witnessSummarised = false; ///< the witness does not determine the whole state
  std::string dump;               ///< refuted or unknown: the query as SMT-LIB
  std::set<std::size_t> rules;    ///< rules of the model that some witness reached
  std::map<std::string, Required, std::less<>> required; ///< obligations by name
  std::map<std::string, Choice, std::less<>> choices;    ///< choices of the theorem by name
  bool replays = false; ///< whether paths are run again on machine words at all
  Cost dearest;         ///< the query that took the most resource units
  Cost longest;         ///< the query that took the most seconds

  void asking(const std::string& what, std::uint64_t units, double seconds); ///< counts a query
};

/// Why a proof over these paths is vacuous; empty if it is not. A proof is vacuous if
/// - no path finishes, or no path has an obligation;
/// - some obligation, or some alternative of a choice, has only paths on which a later assumption
///   cannot hold;
/// - paths are to be run again on machine words, and none could be.
/// Every path that counts here has a witness.
std::string vacuity(const Exploration& explored);

/// `"name"`, for messages.
std::string quoted(std::string_view name);

/// Whether a counterexample is of the desired kind, given the name of the obligation that it
/// breaks. If not, the search continues. If none is, the first counterexample is the result.
using Accept = std::function<bool(const Witness&, const std::string&)>;

class Explorer {
 public:
  explicit Explorer(const Budget& budget = {});
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;
  ~Explorer();

  /// Explores `code`. Calls `path`, if given, for every finished path. If `path` returns a message,
  /// the exploration ends with ProofVerdict::error.
  Exploration explore(const std::function<void(Explorer&)>& code,
                      const std::function<std::string(const Path&)>& path = {},
                      const Accept& accept = {});

  /// Runs `code` once on the values of `inputs`, without the solver. Returns the name of the first
  /// obligation that does not hold, or an empty string.
  std::string brokenBy(const std::function<void(Explorer&)>& code, const Witness& inputs);

  // --- for the explored code

  /// Inputs. The same name is the same unknown in every run. Bounds are inclusive, and `zeroBits`
  /// low bits of a word are zero.
  Sym word(const std::string& name, std::uint64_t low = 0, std::uint64_t high = ~std::uint64_t{0},
           unsigned zeroBits = 0);
  SymFlags flags(const std::string& name, std::uint32_t mask);
  SymBool truth(const std::string& name);
  /// One of 0 .. count-1. All of them are explored. If the theorem makes the choice (`byTheorem`),
  /// the proof is vacuous unless each alternative has a path.
  unsigned choose(const std::string& name, unsigned count, bool byTheorem = false);

  /// Restricts the path to the inputs for which this holds. If there are none, the path ends, here
  /// or at the next query.
  void assume(const SymBool&);
  /// Restricts the path to the inputs for which this does not hold: an exception that the theorem
  /// states. Choices made before count even if the exception covers all inputs of the path, so that
  /// an alternative that is wholly excepted does not make the proof vacuous.
  void except(const SymBool&);
  /// Finds a new witness of the path if the last assumptions made the old one invalid. Ends the path
  /// if there is none.
  void refreshWitness();
  /// Whether this holds for all inputs that take the current path. Opens no other path.
  bool holds(const SymBool&);
  /// Asks for a witness of the finished path that satisfies this, if there is one. Earlier
  /// preferences take precedence. Opens no path.
  void prefer(const SymBool&);
  /// States an obligation: this must hold on every path. Each name belongs to one site.
  void require(std::string_view name, const SymBool&, const Site& site = Site::here());

  /// Sets for its lifetime whether each sum, difference, product and shift to the left has an
  /// implicit obligation not to wrap. wrappingSum and wrappingDifference (trace/words.h) never have
  /// it.
  class WrapScope {
   public:
    WrapScope(const WrapScope&) = delete;
    WrapScope& operator=(const WrapScope&) = delete;
    ~WrapScope() { explorer_.exact_ = before_; }

   protected:
    WrapScope(Explorer& explorer, bool exact)
        : explorer_(explorer), before_(std::exchange(explorer.exact_, exact)) {}

   private:
    Explorer& explorer_;
    bool before_;
  };
  /// While it exists, arithmetic must not wrap. For the rules.
  class MustNotWrap : public WrapScope {
   public:
    explicit MustNotWrap(Explorer& explorer) : WrapScope(explorer, true) {}
  };
  /// While it exists, arithmetic may wrap, even inside a MustNotWrap. For computations of the proof.
  class MayWrap : public WrapScope {
   public:
    explicit MayWrap(Explorer& explorer) : WrapScope(explorer, false) {}
  };
  bool exact() const { return exact_; } ///< whether arithmetic must not wrap

  /// While it exists, choices concern an object that may not exist (an area of a list). The proof is
  /// not vacuous if such a choice has no path at all.
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

  /// Notes that the path describes a state that no witness determines (the sum over an unknown
  /// number of areas, for example). Such a path cannot be run on machine words.
  void summarised() { summarised_ = true; }
  /// The value of an unknown function at `index`, within inclusive bounds.
  Sym element(const std::string& function, const Sym& index, std::uint64_t low, std::uint64_t high);
  /// 0, 1, …: for the names of inputs that have no other name.
  unsigned serial() { return serial_++; }

  void output(std::string_view name, const Sym&);
  void output(std::string_view name, const SymFlags&);
  void output(std::string_view name, const SymBool&);
  void output(std::string_view name, std::uint64_t value) { output(name, Sym(value)); }

  // --- for the symbolic domain

  static Explorer& current(); ///< the running one; throws EncodingError if there is none
  static Explorer* running(); ///< the running one, or null
  const smt::Context& context() const { return context_; }
  bool decide(const smt::Term& question);

 private:
  struct Decision {
    enum class Kind : std::uint8_t { branch, assumption, choice, consequence } kind = Kind::branch;
    smt::Term term;      // branch, assumption, consequence
    bool answer = false; // branch, consequence
    bool open = false;   // branch: the other answer is still to be explored
    bool frame = false;  // has a solver frame
    bool framed = false; // a decision since the last choice has a frame, this one included
    unsigned taken = 0;  // choice
    unsigned count = 0;  // choice
    smt::Model other;    // model of the alternative
    smt::Term atom;      // added to facts_
    std::vector<smt::Term> proved; // added to facts_ by obligations
  };
  struct Input {
    enum class Kind : std::uint8_t { word, flags, truth, choice } kind = Kind::word;
    Sym word;
    SymFlags flags;
    SymBool truth;
    unsigned choice = 0;
  };
  struct NamedOutput {
    std::string name;
    Input value;
  };
  struct Obligation {
    std::string name;
    smt::Term negated; // simplified, without disjuncts that are known to be false
    smt::Term stated;  // as stated, negated
  };
  struct Stop {}; // thrown to end the exploration; result_ has the reason

  // A simplified question without its negation, so that it is recognised when it recurs.
  struct Atom {
    smt::Term term;
    bool positive = true;
  };
  static double secondsSince(std::chrono::steady_clock::time_point start);
  static Atom atomOf(const smt::Term& question);
  void learn(Decision& decision, const Atom& atom);
  void learn(const Obligation& proved);
  void forget(std::vector<smt::Term>& proved);
  std::optional<bool> known(const Atom& atom) const;
  smt::Term withoutKnown(const smt::Term& negated) const;
  void take(const std::string& name, Input input);
  void add(Decision decision);
  void dropLast();
  smt::Term simplified(const smt::Term& term);

  bool replaying() const { return position_ < stack_.size(); }
  Decision& replayed(Decision::Kind kind);
  void enter(const smt::Term& fact) { enter(fact, fact); } // a frame with this fact
  void enter(const smt::Term& fact, const smt::Term& stated);
  smt::Answer ask(std::uint64_t budget, const std::string& what);
  [[noreturn]] void impossible();
  void imply(const smt::Term& impossible, const std::string& what);
  void incomplete(const std::string& reason);
  bool runOnce(const std::function<void(Explorer&)>& code); // false: the path was aborted
  void countRequired();
  bool finishPath(const std::function<std::string(const Path&)>& path); // false: stop
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
  void applyPreferences();
  unsigned applyPreferences(std::size_t from, std::size_t to); // returns the frames pushed
  void refute(const Obligation&);

  Budget budget_;
  smt::Context context_;
  smt::Solver solver_;
  smt::Model model_; // of the path, unless stale_
  std::vector<Decision> stack_;
  std::size_t position_ = 0;
  bool summarised_ = false;
  bool exact_ = false;
  bool tentative_ = false;
  bool impossible_ = false; // an assumption ended the run
  bool stale_ = false;      // the model may not satisfy the last assumptions
  unsigned serial_ = 0;
  std::unordered_map<std::uint64_t, bool> facts_; // answers on this path, by the id of the atom
  // A term and its simplified form, by the id of the term, which is valid while the term exists.
  std::unordered_map<std::uint64_t, std::pair<smt::Term, smt::Term>> simplified_;
  std::map<std::string, Input, std::less<>> inputs_;
  std::vector<NamedOutput> outputs_;
  std::vector<Obligation> pending_; // required since the last decision
  std::vector<smt::Term> preferences_;
  std::vector<smt::Term> proved_;     // added to facts_ by obligations before the first decision
  std::vector<std::string_view> met_; // obligations of the current run, by name
  std::map<std::string, Site, std::less<>> names_;        // of all obligations
  std::map<std::string, Input::Kind, std::less<>> kinds_; // of all inputs
  struct Chosen {
    std::string_view name;
    unsigned taken;
    unsigned count;
    bool tentative;
  };
  std::vector<Chosen> chosen_; // in the current run, by the theorem
  Accept accept_;
  const Witness* given_ = nullptr; // brokenBy: the inputs
  std::string broken_;             // brokenBy: the obligation that they break
  Exploration result_;
};

} // namespace growsdown::proofs
