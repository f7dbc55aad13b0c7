// What `growsdown corpus` reads: traces and inputs, in files, folders, packs and campaigns, and what
// fuzzing engines leave.
#pragma once

#include "fuzz/pack.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// A corpus in memory.
struct Items {
  std::vector<fuzz::PackEntry> entries; ///< by name: a relative path
  std::vector<std::string> damaged;     ///< `FILE: what is lost`
  std::size_t packs = 0, files = 0;     ///< that were read
};

/// Reads files and folders: packs, traces (also compressed ones), inputs of decoders (`.input`). An
/// entry of a pack keeps its name; of several contents of one name the later ones get another name.
/// Stops with `usage` if a path does not exist, or a pack is of a newer version.
Items readItems(const std::vector<std::string>& paths);

/// Reads folders and files of libFuzzer, AFL++ and honggfuzz: each input becomes a trace, named after
/// its contents. `bytes`: inputs of differential_fuzzer; otherwise the texts of parse_fuzzer, which
/// become traces if they are some, and `.input` entries if not. The engines' own files, such as
/// `fuzzer_stats`, are left out.
Items importItems(const std::vector<std::string>& paths, bool bytes);

/// Whether an entry is an input for a decoder, not a trace.
bool isInput(const fuzz::PackEntry& entry);

} // namespace growsdown::tools
