#include "systems/remote.h"

#include "trace/text.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace growsdown::systems {

using harness::CannotSay;
using harness::Misbehaved;

template <class F>
auto Remote::guarded(std::string_view request, F talk) const {
  const auto withRequest = [&](const char* what) {
    process_.reset();
    return "in answer to `" + std::string(request) + "`: " + what;
  };
  try {
    return talk();
  } catch (const Misbehaved& e) {
    throw Misbehaved(withRequest(e.what()));
  } catch (const harness::NoAnswer& e) {
    throw harness::NoAnswer(withRequest(e.what()) +
                            (sent_ > applied_
                                 ? ", to it or to one of the " + std::to_string(sent_ - applied_) +
                                       " steps after it, which were sent together"
                                 : ""));
  }
}

Remote::Remote(std::vector<std::string> command, std::string shown, ProcessLimits limits,
               std::string_view ready)
    : command_(std::move(command)), shown_(std::move(shown)), limits_(limits), ready_(ready) {
  greet();
}

std::vector<std::string> Remote::lines() const {
  // Each line takes memory. The limit allows a line for each of a few million pages.
  constexpr std::size_t most = std::size_t{1} << 22;
  std::vector<std::string> lines;
  for (;;) {
    std::string line = process_->line();
    if (line == endOfAnswer) return lines;
    if (lines.size() == most) throw Misbehaved("it sends too much: an answer does not end");
    lines.push_back(std::move(line));
  }
}

void Remote::greet() {
  guarded(greeting, [&] {
    process_.emplace(command_, limits_);
    while (!ready_.empty() && process_->line() != ready_) {
    }
    process_->send(std::string(greeting) + "\n");
    std::vector<std::string> answer = {process_->line()};
    if (answer.front() == greeting) {
      auto more = lines();
      answer.insert(answer.end(), more.begin(), more.end());
    }
    Hello hello;
    if (const std::string wrong = parseHello(answer, hello); !wrong.empty())
      throw Misbehaved(wrong);
    hello_ = std::move(hello);
    shows_ = hello_.shows;
  });
}

void Remote::ahead(std::span<const trace::Record> records) {
  settle();
  ahead_.clear();
  announced_ = hello_.ahead;
  if (!announced_) return;
  for (const trace::Record& record : records) {
    if (record.state.abnormal || (hello_.does >> static_cast<unsigned>(record.step.op) & 1U) == 0)
      return;
    ahead_.push_back(trace::print(record.step));
  }
}

// Enough steps to hide the latency of an answer, but few enough for an answer to come in time.
void Remote::sendAhead() {
  constexpr std::size_t most = 64;
  std::string text;
  for (; sent_ < ahead_.size() && sent_ < applied_ + most; ++sent_)
    (text += ahead_[sent_]) += "\nstate\n";
  if (!text.empty()) process_->send(text);
}

// Skips the answers to announced steps if a trace ended before them.
void Remote::settle() {
  if (!process_) return;
  try {
    if (std::exchange(pending_, false)) lines();
    for (; applied_ < sent_; ++applied_) {
      process_->line();
      lines();
    }
  } catch (const std::runtime_error&) {
    process_.reset(); // the trace has its verdict already
  }
}

void Remote::start(const trace::Parameters& parameters, const trace::State* initial) {
  page_ = parameters.geometry.page;
  reason_.clear();
  settle();
  if (!std::exchange(announced_, false)) ahead_.clear();
  applied_ = sent_ = 0;
  if (!process_) {
    pending_ = false;
    greet();
  }
  guarded("start", [&] {
    process_->expectNothing();
    read_ = false;
    process_->send((initial != nullptr ? trace::printInitial(*initial) : std::string()) +
                   printStart(parameters) + (ahead_.empty() ? "" : "state\n"));
    pending_ = !ahead_.empty();
    sendAhead();
    const std::string answer = process_->line();
    if (answer == "ok") return;
    if (answer == "unknown" || answer.starts_with("unknown ")) {
      reason_ = said(answer.substr(std::min<std::size_t>(answer.size(), 8)));
      if (reason_.empty()) reason_ = "it gives no reason";
      return;
    }
    throw Misbehaved("expected `ok` or `unknown REASON`, found `" + said(answer) + "`");
  });
  if (!reason_.empty()) throw CannotSay(reason_);
}

trace::Outcome Remote::apply(const trace::Step& step) {
  reason_.clear();
  if ((hello_.does >> static_cast<unsigned>(step.op) & 1U) == 0) {
    reason_ = hello_.name + " does not do `" + std::string(trace::name(step.op)) + "`";
    return trace::Outcome::undecided();
  }
  request_ = trace::print(step);
  return guarded(request_, [&] {
    if (!process_) throw CannotSay("the process has ended");
    if (std::exchange(pending_, false)) lines();
    if (applied_ == ahead_.size()) {
      process_->expectNothing();
      process_->send(request_ + "\nstate\n");
    } else {
      if (ahead_[applied_] != request_) throw std::logic_error("this step was not announced");
      if (applied_ == sent_) sendAhead();
      ++applied_;
    }
    pending_ = true;
    read_ = false;
    trace::Outcome outcome;
    if (const std::string wrong = parseOutcome(process_->line(), step, outcome, reason_);
        !wrong.empty())
      throw Misbehaved(wrong);
    if (outcome.kind == trace::Outcome::Kind::unknown && reason_.empty())
      reason_ = "it gives no reason";
    return outcome;
  });
}

void Remote::snapshot(trace::State& out) const {
  if (!read_)
    guarded("state", [&] {
      if (!process_) throw CannotSay("the process has ended");
      if (!std::exchange(pending_, false)) process_->send("state\n");
      if (const std::string wrong = parseSnapshot(lines(), hello_.shows, page_, state_, shows_);
          !wrong.empty())
        throw Misbehaved(wrong);
      read_ = true;
    });
  out = state_;
}

} // namespace growsdown::systems
