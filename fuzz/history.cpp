#include "fuzz/history.h"

#include "fuzz/whole_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace growsdown::fuzz {
namespace fs = std::filesystem;

Spent& Spent::operator+=(const Spent& other) {
  seconds += other.seconds;
  executions += other.executions;
  steps += other.steps;
  unknown += other.unknown;
  kept += other.kept;
  dropped += other.dropped;
  slices += other.slices;
  return *this;
}

std::string processName() {
  char host[64] = {};
  gethostname(host, sizeof host - 1);
  std::string name;
  for (const char c : std::string_view(host))
    name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '-';
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return name + "-" + std::to_string(getpid()) + "-" +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

History::History(fs::path folder, std::string process)
    : folder_(std::move(folder)), process_(std::move(process)) {}

int History::add(const JsonLine& line) {
  JsonLine stamped = line;
  stamped.add("time", timeNow()).add("process", process_);
  waiting_.push_back(stamped.text());
  return flush();
}

int History::flush() {
  while (!waiting_.empty()) {
    std::error_code code;
    fs::create_directories(folder_, code);
    if (code) return code.value();
    const int error = appendLine(folder_ / (process_ + ".jsonl"), waiting_.front());
    if (error != 0) return error;
    waiting_.pop_front();
  }
  return 0;
}

void History::refresh() {
  std::vector<std::pair<std::string, std::string>> lines; // time, line
  std::error_code code;
  for (fs::directory_iterator at(folder_, code), end; !code && at != end; at.increment(code)) {
    if (at->path().extension() != ".jsonl") continue;
    const std::string file = at->path().filename().string();
    std::uintmax_t& from = read_[file];
    std::error_code none;
    if (const std::uintmax_t size = at->file_size(none); none || size == from) continue;
    std::ifstream in(at->path(), std::ios::binary);
    in.seekg(static_cast<std::streamoff>(from));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t begin = 0;;) {
      const std::size_t newline = text.find('\n', begin);
      if (newline == std::string::npos) break; // another process writes the rest
      std::string line = text.substr(begin, newline - begin);
      from += line.size() + 1;
      begin = newline + 1;
      // A line may be cut short by a full disk.
      if (line.starts_with('{') && line.ends_with('}'))
        lines.emplace_back(member(line, "time"), file + "\n" + line);
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [time, line] : lines) {
    const std::size_t newline = line.find('\n');
    read(line.substr(0, newline), line.substr(newline + 1));
  }
}

void History::read(const std::string& file, const std::string& line) {
  const std::string event = member(line, "event");
  if (event == "slice" || event == "status") {
    Slice& slice = slices_[{file, numberMember(line, "slice")}];
    slice.worker = member(line, "worker");
    slice.rules = member(line, "rules");
    slice.spent = {.seconds = secondsMember(line, "seconds"),
                   .executions = numberMember(line, "executions"),
                   .steps = numberMember(line, "steps"),
                   .unknown = numberMember(line, "unknown"),
                   .kept = numberMember(line, "kept"),
                   .dropped = numberMember(line, "dropped"),
                   .slices = 1};
  } else if (event == "finding") {
    Standing& standing = findings_[{member(line, "worker"), member(line, "signature")}];
    standing.state = member(line, "state");
    standing.time = member(line, "time");
    if (standing.since.empty()) standing.since = standing.time;
    standing.file = member(line, "file");
    standing.description = member(line, "description");
    standing.rules = member(line, "rules");
  } else if (event == "merge") {
    groups_[member(line, "group")] = {numberMember(line, "after"), numberMember(line, "reach")};
  } else if (event == "start") {
    ++runs_;
    if (begun_.empty()) begun_ = member(line, "time");
  }
}

Spent History::spent(std::string_view worker) const {
  Spent sum;
  for (const auto& [key, slice] : slices_)
    if (slice.worker == worker) sum += slice.spent;
  return sum;
}

std::map<std::string, Spent> History::spentByRules(std::string_view worker) const {
  std::map<std::string, Spent> sums;
  for (const auto& [key, slice] : slices_)
    if (slice.worker == worker) sums[slice.rules] += slice.spent;
  return sums;
}

} // namespace growsdown::fuzz
