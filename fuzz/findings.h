// The directory where findings are written: whole, at once, and shared by any number of processes.
#pragma once

#include "fuzz/campaign.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// The result of storing a finding.
struct Stored {
  std::filesystem::path file; ///< its trace; empty: it could not be written
  bool known = false;         ///< the directory had a trace with this signature: that is `file`
  std::string error;          ///< why it could not be written
};

/// A line of the journal. The line has more members, for those who read it as JSON.
struct JournalLine {
  std::string event; ///< found, again (known already), shrunk (a smaller trace replaces the first)
  std::string signature;
  std::string file; ///< in the directory
};

/// A directory with a file `SIGNATURE.HASH.trace` (or `.input`) per finding and the journal `findings.jsonl`, which
/// gets one line per event. Both survive the end of the process at any point. No file is replaced by
/// another trace, and nothing is locked. If two processes find the same signature at the same moment,
/// the one that the journal names first keeps its trace.
class FindingsStore {
 public:
  explicit FindingsStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Makes the directory, and tries to write there. Empty, or why findings could not be written.
  std::string prepare();
  /// Writes a finding, unless the directory has its signature. Makes the directory if another
  /// process has removed it.
  Stored add(const Finding& finding);
  /// Writes a smaller trace of a finding that `add` or `replace` has written. The old trace goes after
  /// the new one is safe; if that cannot be written, the old one stays.
  Stored replace(const Stored& before, const Finding& finding);
  /// Removes the directory if `prepare` has made it and nothing is in it.
  void removeIfEmpty() const;

  /// The file with that signature, or an empty path.
  std::filesystem::path find(std::string_view signature) const;
  /// The lines of the journal that are whole.
  std::vector<JournalLine> journal() const;
  std::filesystem::path journalFile() const { return directory_ / "findings.jsonl"; }

 private:
  std::string log(std::string_view event, const Finding& finding, const std::string& file) const;
  /// A file with that signature which the journal names before `own`, or an empty path.
  std::filesystem::path earlier(std::string_view signature, const std::string& own) const;

  std::filesystem::path directory_;
  bool made_ = false;
};

/// The name of a finding's file: its signature and a hash of its trace.
std::string fileNameOf(const Finding& finding);
/// The signature in the name of such a file; empty if it is not the name of a finding.
std::string_view signatureOf(std::string_view name);

} // namespace growsdown::fuzz
