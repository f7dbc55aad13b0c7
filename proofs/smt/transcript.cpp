#include "proofs/smt/transcript.h"

#include "proofs/smt/smt.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

namespace growsdown::proofs::smt {
namespace {

// Scripts have a limited size, so that one time limit fits all of them.
constexpr std::uint64_t questionsInAScript = 500;
constexpr std::size_t bytesInAScript = std::size_t{2} << 20;

// Names of obligations and rule sets appear in comments, so each must be one line.
std::string oneLine(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

} // namespace

std::string_view name(Answer answer) {
  switch (answer) {
  case Answer::satisfiable:
    return "sat";
  case Answer::unsatisfiable:
    return "unsat";
  case Answer::unknown:
    break;
  }
  return "unknown";
}

Transcript::Transcript(std::string prefix, std::string title)
    : prefix_(std::move(prefix)), title_(std::move(title)) {}

void Transcript::enter(const std::vector<Frame>& stack) {
  std::size_t shared = 0;
  while (shared < open_.size() && shared < stack.size() && open_[shared] == stack[shared])
    ++shared;
  if (shared < open_.size()) body_ += "(pop " + std::to_string(open_.size() - shared) + ")\n";
  open_.resize(shared);
  for (; shared < stack.size(); ++shared) {
    body_ += "(push 1)\n";
    for (const Statement& statement : stack[shared]) {
      declarations_.insert(statement.declarations.begin(), statement.declarations.end());
      body_ += "(assert " + statement.formula + ")\n";
    }
    open_.push_back(stack[shared]);
  }
}

void Transcript::ask(const std::vector<Frame>& stack, Answer answer, std::string_view what) {
  enter(stack);
  ++questions_;
  ++inScript_;
  body_ += "; question " + std::to_string(questions_) + ": " + oneLine(what) +
           "\n(set-info :status " + std::string(name(answer)) + ")\n(check-sat)\n";
  if (inScript_ >= questionsInAScript || body_.size() >= bytesInAScript) finish();
}

void Transcript::finish() {
  if (inScript_ == 0) return;
  ++scripts_;
  char number[32];
  std::snprintf(number, sizeof number, ".%04llu.smt2", static_cast<unsigned long long>(scripts_));
  const std::string path = prefix_ + number;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << "; " << oneLine(title_) << "\n; " << inScript_ << " questions. :status is what Z3 "
       << version() << " answered.\n"
       << "(set-info :smt-lib-version 2.6)\n(set-logic ALL)\n";
  for (const std::string& declaration : declarations_)
    file << declaration << "\n";
  file << body_ << "(exit)\n";
  file.close();
  if (!file) throw Error(path + ": cannot write");
  inScript_ = 0;
  declarations_.clear();
  open_.clear();
  body_.clear();
}

} // namespace growsdown::proofs::smt
