// The history of a campaign: JSON lines, one file per process, so that processes on different machines
// never write to the same file.
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/json_line.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace growsdown::fuzz {

/// Sums over the slices of a worker.
struct Spent {
  double seconds = 0;
  std::uint64_t executions = 0, steps = 0, unknown = 0, kept = 0, dropped = 0;
  std::uint64_t slices = 0;
  Spent& operator+=(const Spent& other);
};

/// What is known about a finding: the event that was last.
struct Standing {
  std::string state; ///< new, known, fixed, back
  std::string time;  ///< of the event
  std::string since; ///< when it was found first
  std::string file;  ///< in the worker's folder of findings
  std::string description;
  std::string rules;
};

/// The name of a file, and of everything else that a process writes: host, process and time.
std::string processName();

class History {
 public:
  History(std::filesystem::path folder, std::string process);

  /// Writes an event. Without room it waits in memory and is written by a later call. Returns 0, or
  /// the errno of what failed.
  int add(const JsonLine& line);
  /// Tries to write what waits. Returns 0, or the errno.
  int flush();
  std::size_t waiting() const { return waiting_.size(); }

  /// Reads what all processes have written since the last call, including this one.
  void refresh();

  /// By worker and rule set. Of a slice, its last event counts.
  Spent spent(std::string_view worker) const;
  std::map<std::string, Spent> spentByRules(std::string_view worker) const;
  /// By worker and signature.
  using Findings = std::map<std::pair<std::string, std::string>, Standing>;
  const Findings& findings() const { return findings_; }
  /// A group of the corpus after its last merge: entries and features.
  struct Group {
    std::uint64_t entries = 0, reach = 0;
  };
  const std::map<std::string, Group>& groups() const { return groups_; }
  /// The number of runs that began, and the time of the first one.
  std::uint64_t runs() const { return runs_; }
  const std::string& begun() const { return begun_; }

 private:
  struct Slice {
    std::string worker, rules;
    Spent spent;
  };
  void read(const std::string& file, const std::string& line);

  std::filesystem::path folder_;
  std::string process_;
  std::deque<std::string> waiting_;
  std::map<std::string, std::uintmax_t> read_; ///< bytes, by file
  std::map<std::pair<std::string, std::uint64_t>, Slice> slices_;
  Findings findings_;
  std::map<std::string, Group> groups_;
  std::uint64_t runs_ = 0;
  std::string begun_;
};

} // namespace growsdown::fuzz
