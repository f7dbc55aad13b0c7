#include "fuzz/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <set>

namespace growsdown::fuzz {
namespace {

constexpr std::string_view firstLine = "growsdown-campaign 1";
constexpr std::string_view kinds[] = {"rules", "parser", "protocol", "plugin", "system"};

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

template <class T>
bool whole(std::string_view text, T& out, T low, T high) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return false;
  out = value;
  return true;
}

/// `5%` or `0.05`.
bool share(const std::string& text, double& out) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::string_view rest(end);
  if (end == text.c_str() || (!rest.empty() && rest != "%")) return false;
  out = rest == "%" ? value / 100 : value;
  return out >= 0 && out <= 1;
}

bool time(std::string_view text, double& out) {
  const double value = duration(text);
  if (value < 0) return false;
  out = value;
  return true;
}

bool isName(std::string_view text) {
  return !text.empty() && text.size() <= 40 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.';
         });
}

/// One `KEY=VALUE` of a worker. False: it is malformed.
bool setWorker(WorkerSettings& worker, const std::string& key, const std::string& value) {
  if (key == "kind") {
    worker.kind = value;
    return std::find(std::begin(kinds), std::end(kinds), value) != std::end(kinds);
  }
  if (key == "share") return whole(value, worker.share, 1U, 1000U);
  if (key == "time") return time(value, worker.seconds) && worker.seconds > 0;
  if (key == "runs") return whole<std::uint64_t>(value, worker.runs, 1, ~std::uint64_t{0});
  if (key == "rules") {
    worker.rules = value == "all" ? std::vector<std::string>() : split(value, ",");
    return value == "all" || !worker.rules.empty();
  }
  return false;
}

std::string parseWorker(std::string_view rest, CampaignSettings& out) {
  WorkerSettings worker;
  // `on=` is last, because a command may have blanks.
  if (const std::size_t at = rest.find(" on="); at != std::string_view::npos) {
    worker.on = rest.substr(at + 4);
    rest = rest.substr(0, at);
  }
  const std::vector<std::string> parts = split(rest, " \t");
  if (parts.empty() || !isName(parts.front()))
    return "expected `worker NAME kind=…`, with a name of letters, digits, `-` and `.`";
  worker.name = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "optional") {
      worker.optional = true;
      continue;
    }
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string::npos ||
        !setWorker(worker, parts[i].substr(0, equals), parts[i].substr(equals + 1)))
      return "`" + parts[i] +
             "` is no setting of a worker: kind=rules|parser|protocol|plugin|system, share=N, "
             "time=TIME, runs=N, rules=SET,…, optional, and last on=SYSTEM";
  }
  if (worker.kind.empty()) return "the worker `" + worker.name + "` has no kind=";
  if ((worker.kind == "system") == worker.on.empty())
    return "on=SYSTEM belongs to kind=system, and each of these has one";
  for (const WorkerSettings& other : out.workers)
    if (other.name == worker.name) return "a second worker `" + worker.name + "`";
  out.workers.push_back(std::move(worker));
  return {};
}

std::string parseLine(const std::string& line, CampaignSettings& out) {
  const std::size_t blank = line.find(' ');
  const std::string key = line.substr(0, blank);
  const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
  if (key == "worker") return parseWorker(rest, out);
  bool good = false;
  if (key == "jobs")
    good = whole(rest, out.jobs, 1U, 256U);
  else if (key == "slice")
    good = time(rest, out.slice) && out.slice >= 0.1;
  else if (key == "seed")
    good = whole<std::uint64_t>(rest, out.seed, 0, ~std::uint64_t{0});
  else if (key == "canary")
    good = isName(out.canary = rest);
  else if (key == "unknown")
    good = share(rest, out.mostUnknown);
  else if (key == "corpus-limit")
    good = whole<std::size_t>(rest, out.corpusLimit, 1, 100000000);
  else if (key == "stable-rounds")
    good = whole(rest, out.stableRounds, 1U, 1000000U);
  else if (key == "stable-growth")
    good = share(rest, out.stableGrowth);
  else
    return "`" + key +
           "` is no setting: jobs, slice, seed, canary, unknown, corpus-limit, stable-rounds, "
           "stable-growth, "
           "worker";
  return good ? std::string() : "`" + rest + "` is no value of `" + key + "`";
}

} // namespace

std::string defaultSettings() {
  return std::string(firstLine) + R"(
# The settings of this campaign. Each run of `growsdown campaign` reads them when it begins.

jobs 1               # processes of each search
slice 10s            # how long one search runs before the next one
seed 1
canary as-limit      # a planted bug (`growsdown bugs`) that each run must find
unknown 20%          # of a slice, at most, or its verdict is unknown
corpus-limit 20000   # traces for each rule set, and inputs for each decoder, after a merge
stable-rounds 3      # --until-stable: rounds without a new finding and
stable-growth 0.1%   # with less growth of what the corpus reaches

# worker NAME kind=KIND [share=N] [time=TIME] [runs=N] [rules=SET,…] [optional] [on=SYSTEM]
# time and runs are budgets of all processes together, in all runs. Without one there is no end.
# optional: where the worker cannot run, the campaign goes on without it.
worker rules    kind=rules share=6
worker parser   kind=parser
worker protocol kind=protocol
worker plugin   kind=plugin
worker kernel   kind=system share=2 optional on=host
# A kernel under qemu, a process, or a library; `on=` is the last setting of a line:
# worker guest  kind=system on=kernel:build/vmlinuz-6.12-arm64
# worker mine   kind=system rules=linux-6.12-arm64 on=plugin:./libmine.so
)";
}

std::string parseSettings(std::string_view text, CampaignSettings& out) {
  out = {};
  unsigned number = 0;
  bool begun = false;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const std::size_t comment = line.find("# ");
        comment != std::string::npos && (comment == 0 || line[comment - 1] == ' '))
      line.resize(comment);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
      line.pop_back();
    if (line.empty() || line == "#") continue;
    if (!begun) {
      begun = true;
      if (line == firstLine) continue;
      return std::to_string(number) + ": expected `" + std::string(firstLine) + "`, found `" +
             line + "`";
    }
    if (const std::string wrong = parseLine(line, out); !wrong.empty())
      return std::to_string(number) + ": " + wrong;
  }
  if (!begun) return "1: expected `" + std::string(firstLine) + "`, found nothing";
  if (out.workers.empty()) return std::to_string(number) + ": no line `worker …`";
  return {};
}

double duration(std::string_view text) {
  const std::string number(text);
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  const bool decimal =
      number.find_first_not_of("0123456789.") == std::size_t(end - number.c_str()) ||
      number.find_first_not_of("0123456789.") == std::string::npos;
  if (end == number.c_str() || !decimal || !std::isfinite(value)) return -1;
  const std::string_view unit(end);
  if (unit.empty() || unit == "s") return value;
  if (unit == "ms") return value / 1000;
  if (unit == "m") return value * 60;
  if (unit == "h") return value * 3600;
  return unit == "d" ? value * 86400 : -1;
}

} // namespace growsdown::fuzz
