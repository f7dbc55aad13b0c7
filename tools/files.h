// Files and the traces in them. Names that end in `.xz` are compressed files; `-` is standard input
// or output.
#pragma once

#include "trace/trace.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// The contents of a file, decompressed. Stops with `usage` if it cannot be read, or is more than
/// 512 MiB of text. That holds for files, pipes and compressed files alike; the size that a compressed
/// file states is read before its contents.
std::string readFile(const std::string& path);
/// Writes a whole file, compressed. A file of that name is replaced by the whole text, or stays as it
/// was. Stops with `failure` if it cannot be written.
void writeFile(const std::string& path, std::string_view text);

/// Stops with `failure` if that file could not be written. For callers with a long computation
/// before the write. Leaves no file behind. Does nothing for an empty path.
void checkWritable(const std::string& path);

/// Makes a directory and its parents. Stops with `failure` if that is impossible, or if no file can be
/// made there. Does nothing for an empty path.
void makeDirectory(const std::string& path);

/// The same check without making the directory. For callers with a long computation before they write.
void checkDirectory(const std::string& path);

/// The files that the paths name. A directory is searched for `*.trace` and `*.trace.xz`, and its
/// files are sorted. Stops with `usage` if a path does not exist or a directory has no trace.
std::vector<std::string> traceFiles(const std::vector<std::string>& paths);
/// The traces of a file. Stops with `usage` and file:line:column if it is malformed.
std::vector<trace::Trace> readTraces(const std::string& path);
/// One trace of a file: the `index`-th (from 1), or the first one if `index` is 0, which is
/// said on stderr if there are more. Stops with `usage` if there is no such trace.
trace::Trace readTrace(const std::string& path, unsigned index);

} // namespace growsdown::tools
