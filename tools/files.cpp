#include "tools/files.h"

#include "tools/common.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <lzma.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace growsdown::tools {
namespace fs = std::filesystem;

namespace {

std::string readRaw(const std::string& path) {
  const bool standardInput = path == "-";
  if (!standardInput && fs::is_directory(path))
    throw Stop(usage, path + ": is a directory, not a file");
  std::FILE* file = standardInput ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) throw Stop(usage, path + ": cannot open: " + std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, file))
    text.append(buffer, n);
  const bool bad = std::ferror(file) != 0;
  const int why = errno;
  if (!standardInput) std::fclose(file);
  if (bad) throw Stop(usage, path + ": cannot read: " + std::strerror(why));
  return text;
}

// Traces compress very well; a bomb does even better.
constexpr std::size_t maxUnpacked = std::size_t{1} << 31;

std::string unpack(const std::string& packed, const std::string& path) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, std::uint64_t{1} << 30, LZMA_CONCATENATED) != LZMA_OK)
    throw Stop(failure, path + ": cannot start the xz decoder");
  std::string text;
  std::vector<std::uint8_t> buffer(1 << 18);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    status = lzma_code(&stream, LZMA_FINISH);
    text.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream.avail_out);
    if (text.size() > maxUnpacked) break;
  }
  lzma_end(&stream);
  if (text.size() > maxUnpacked) throw Stop(usage, path + ": unpacks to more than 2 GiB");
  if (status != LZMA_STREAM_END)
    throw Stop(usage,
               path + ": not a whole xz file (" +
                   (status == LZMA_FORMAT_ERROR ? "not xz at all"
                    : status == LZMA_BUF_ERROR  ? "cut short"
                    : status == LZMA_DATA_ERROR ? "damaged"
                                                : fmt::format("lzma error {}", int(status))) +
                   ")");
  return text;
}

std::string pack(std::string_view text, const std::string& path) {
  std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  if (lzma_easy_buffer_encode(9, LZMA_CHECK_CRC64, nullptr,
                              reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                              reinterpret_cast<std::uint8_t*>(packed.data()), &size,
                              packed.size()) != LZMA_OK)
    throw Stop(failure, path + ": cannot compress");
  packed.resize(size);
  return packed;
}

bool isTraceName(const std::string& name) {
  return name.ends_with(".trace") || name.ends_with(".trace.xz");
}

} // namespace

std::string readFile(const std::string& path) {
  std::string text = readRaw(path);
  return path.ends_with(".xz") ? unpack(text, path) : text;
}

void writeFile(const std::string& path, std::string_view plain) {
  const std::string packed = path.ends_with(".xz") ? pack(plain, path) : std::string();
  const std::string_view text = packed.empty() ? plain : packed;
  const bool standardOutput = path == "-";
  std::FILE* file = standardOutput ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr)
    throw Stop(failure, path + ": cannot open for writing: " + std::strerror(errno));
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good = (standardOutput ? std::fflush(file) : std::fclose(file)) == 0 && good;
  if (!good) throw Stop(failure, path + ": cannot write: " + std::strerror(errno));
}

void checkWritable(const std::string& path) {
  if (path.empty() || path == "-") return;
  std::FILE* const file = std::fopen(path.c_str(), "ab");
  if (file == nullptr)
    throw Stop(failure, path + ": cannot open for writing: " + std::strerror(errno));
  std::fclose(file);
}

void makeDirectory(const std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && access(path.c_str(), W_OK) != 0) error.assign(errno, std::generic_category());
  if (error) throw Stop(failure, path + ": cannot make the directory: " + error.message());
}

std::vector<std::string> traceFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (path == "-" || !fs::is_directory(path)) {
      if (path != "-" && !fs::exists(path)) throw Stop(usage, path + ": no such file or directory");
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(path, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
      if (entry->is_regular_file() && isTraceName(entry->path().filename().string()))
        found.push_back(entry->path().string());
    if (error) throw Stop(usage, path + ": cannot read the directory: " + error.message());
    if (found.empty())
      throw Stop(usage, path + ": no *.trace or *.trace.xz in this directory or below");
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

std::vector<trace::Trace> readTraces(const std::string& path) {
  const std::string text = readFile(path);
  trace::ParseResult parsed = trace::parse(text, path == "-" ? "standard input" : path);
  if (parsed.error) throw Stop(usage, parsed.error->text());
  if (parsed.traces.empty())
    throw Stop(usage, path + ": no trace in it (a trace begins with the line `growsdown-trace 1`)");
  return std::move(parsed.traces);
}

trace::Trace readTrace(const std::string& path, unsigned index) {
  std::vector<trace::Trace> traces = readTraces(path);
  if (index == 0 && traces.size() > 1)
    throw Stop(usage, fmt::format("{}: holds {} traces; say which one with --trace 1..{}", path,
                                  traces.size(), traces.size()));
  if (index > traces.size())
    throw Stop(usage, fmt::format("{}: has no trace {}, it holds {}", path, index, traces.size()));
  return std::move(traces[index == 0 ? 0 : index - 1]);
}

} // namespace growsdown::tools
