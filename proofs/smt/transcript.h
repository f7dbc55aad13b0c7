// The queries to the solver, written to files for another solver.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::proofs::smt {

enum class Answer : std::uint8_t { satisfiable, unsatisfiable, unknown };
std::string_view name(Answer); ///< in SMT-LIB: `sat`, `unsat`, `unknown`

/// An asserted formula as SMT-LIB, and the declarations of its unknowns.
struct Statement {
  std::string formula;
  std::vector<std::string> declarations;
  friend bool operator==(const Statement&, const Statement&) = default;
};
/// The assertions between two pushes.
using Frame = std::vector<Statement>;

/// Queries and their answers, as complete SMT-LIB 2 scripts. A script does not repeat the frames that
/// a query shares with the previous one. Equal queries result in equal scripts.
class Transcript {
 public:
  /// Writes `PREFIX.0001.smt2` and so on. Each script begins with `title` (one line).
  Transcript(std::string prefix, std::string title);

  void ask(const std::vector<Frame>& stack, Answer answer, std::string_view what);
  /// Writes the rest. Throws Error, as does `ask`, if a file cannot be written.
  void finish();

  std::uint64_t questions() const { return questions_; }
  std::uint64_t scripts() const { return scripts_; } ///< written

 private:
  void enter(const std::vector<Frame>& stack);

  std::string prefix_;
  std::string title_;
  std::uint64_t questions_ = 0;
  std::uint64_t scripts_ = 0;
  // The current script.
  std::uint64_t inScript_ = 0;
  std::set<std::string> declarations_;
  std::vector<Frame> open_;
  std::string body_;
};

} // namespace growsdown::proofs::smt
