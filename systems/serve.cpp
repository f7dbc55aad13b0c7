#include "systems/serve.h"

#include "model/start.h"
#include "trace/text.h"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::systems {
namespace {

bool readLine(std::FILE* in, std::string& line) {
  line.clear();
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, in) != nullptr) {
    line += buffer;
    if (line.ends_with('\n')) {
      line.pop_back();
      return true;
    }
  }
  return !line.empty();
}

class Server {
 public:
  Server(harness::System& system, const Hello& hello) : system_(system), hello_(hello) {}

  /// Answers a request. Returns false, with the error in `out`, if the request is malformed.
  bool answer(const std::string& line, std::string& out) {
    out.clear();
    if (line == greeting) {
      out = print(hello_);
    } else if (line.starts_with("init ")) {
      initial_.push_back(line);
    } else if (line.starts_with("start ")) {
      Start request;
      out = parseStart(line, request);
      if (!out.empty()) return false;
      start(request, out);
    } else if (line == "state") {
      if (running_) {
        system_.snapshot(state_);
        out = printSnapshot(state_, hello_.shows & system_.shows());
      } else {
        out = std::string(endOfAnswer) + "\n";
      }
    } else {
      trace::Step step;
      out = parseStep(line, step);
      if (!out.empty()) return false;
      apply(step, out);
    }
    return true;
  }

 private:
  void start(const Start& request, std::string& out) {
    std::vector<std::string> lines;
    lines.swap(initial_);
    running_ = false;
    std::string why;
    const bool known = findRules(request, why);
    const auto parameters = known ? trace::makeParameters(rules_, request.with, why) : std::nullopt;
    if (!parameters) {
      out = "unknown " + why + "\n";
      return;
    }
    trace::State initial;
    if (!lines.empty()) {
      why = parseInitial(lines, initial);
      if (const auto wrong = model::completeStart(*parameters, initial); why.empty() && wrong)
        why = *wrong;
      if (!why.empty()) {
        out = "unknown " + why + "\n";
        return;
      }
    }
    try {
      system_.start(*parameters, lines.empty() ? nullptr : &initial);
      running_ = true;
      out = "ok\n";
    } catch (const harness::CannotSay& e) {
      out = "unknown " + said(e.what()) + "\n";
    }
  }

  /// Sets rules_.
  bool findRules(const Start& request, std::string& why) {
    const trace::RuleSet* const found = trace::findRuleSet(request.rules);
    if (found == nullptr) {
      why = "no rule set " + request.rules;
      return false;
    }
    rules_ = *found;
    for (std::string_view rest = request.knobs; !rest.empty();) {
      const std::string_view knob = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(knob.size() + 1, rest.size()));
      const std::string_view name = knob.substr(0, knob.find('='));
      const std::string_view value = knob.substr(std::min(name.size() + 1, knob.size()));
      if (!trace::setKnob(rules_, name, value, why)) return false;
    }
    return true;
  }

  void apply(const trace::Step& step, std::string& out) {
    if (!running_) {
      out = "unknown no address space was started\n";
      return;
    }
    try {
      const trace::Outcome outcome = system_.apply(step);
      if (outcome.kind != trace::Outcome::Kind::unknown) {
        out = trace::print(outcome) + "\n";
        return;
      }
      const std::string_view reason = system_.reason();
      out = "unknown " + said(reason.empty() ? "the simulated memory ran out" : reason) + "\n";
    } catch (const harness::CannotSay& e) {
      out = "unknown " + said(e.what()) + "\n";
    }
    running_ = false;
  }

  harness::System& system_;
  const Hello& hello_;
  std::vector<std::string> initial_;
  trace::RuleSet rules_; // the system may keep a pointer to it
  trace::State state_;
  bool running_ = false;
};

} // namespace

int serve(harness::System& system, const Hello& hello, std::FILE* in, std::FILE* out) {
  Server server(system, hello);
  std::string line, text;
  while (readLine(in, line)) {
    const bool good = server.answer(line, text);
    if (!good) {
      std::fprintf(stderr, "not a request of %s: %s\n", greeting.data(), text.c_str());
      return 2;
    }
    if (std::fwrite(text.data(), 1, text.size(), out) != text.size() || std::fflush(out) != 0) {
      std::fputs("an answer cannot be written\n", stderr);
      return 4;
    }
  }
  return 0;
}

} // namespace growsdown::systems
