// What is asked of the solver, written down for another one.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::proofs::smt {

enum class Answer : std::uint8_t { satisfiable, unsatisfiable, unknown };
std::string_view name(Answer); ///< as SMT-LIB says it: `sat`, `unsat`, `unknown`

/// An asserted formula as SMT-LIB, and the declarations of its unknowns.
struct Statement {
  std::string formula;
  std::vector<std::string> declarations;
  friend bool operator==(const Statement&, const Statement&) = default;
};
/// What was asserted between two pushes.
using Frame = std::vector<Statement>;

/// Questions and the answers they got, as SMT-LIB 2 scripts that stand alone. Frames that a
/// question shares with the one before it are not repeated within a script. The same questions give
/// the same scripts.
class Transcript {
 public:
  /// Writes `PREFIX.0001.smt2` and so on, each with `title` (one line) at its head.
  Transcript(std::string prefix, std::string title);

  void ask(const std::vector<Frame>& stack, Answer answer, std::string_view what);
  /// Writes what is left. Throws Error, as `ask` does, where a file cannot be written.
  void finish();

  std::uint64_t questions() const { return questions_; }
  std::uint64_t scripts() const { return scripts_; } ///< written

 private:
  void enter(const std::vector<Frame>& stack);

  std::string prefix_;
  std::string title_;
  std::uint64_t questions_ = 0;
  std::uint64_t scripts_ = 0;
  // Of the script in the making.
  std::uint64_t inScript_ = 0;
  std::set<std::string> declarations_;
  std::vector<Frame> open_;
  std::string body_;
};

} // namespace growsdown::proofs::smt
