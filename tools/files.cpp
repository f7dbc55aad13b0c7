#include "tools/files.h"

#include "fuzz/whole_file.h"
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

// No trace needs more, and every command stays below some GB with it.
constexpr std::size_t maxText = std::size_t{512} << 20;

[[noreturn]] void tooLong(const std::string& path) {
  throw Stop(usage, path + ": is more than 512 MiB of text, the most that is read");
}

std::string readRaw(const std::string& path) {
  const bool standardInput = path == "-";
  if (!standardInput && fs::is_directory(path))
    throw Stop(usage, path + ": is a directory, not a file");
  std::FILE* file = standardInput ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) throw Stop(usage, path + ": cannot open: " + std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  std::error_code unknownSize;
  const std::uintmax_t size = standardInput ? 0 : fs::file_size(path, unknownSize);
  if (!unknownSize && size > maxText) {
    std::fclose(file);
    tooLong(path);
  }
  if (!unknownSize) text.reserve(size);
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, file)) {
    if (text.size() + n > text.capacity()) // no more than the most that is read
      text.reserve(std::min(2 * text.capacity() + n, maxText + sizeof buffer));
    text.append(buffer, n);
    if (text.size() > maxText) break;
  }
  const bool bad = std::ferror(file) != 0;
  const int why = errno;
  if (!standardInput) std::fclose(file);
  if (bad) throw Stop(usage, path + ": cannot read: " + std::strerror(why));
  if (text.size() > maxText) tooLong(path);
  return text;
}

// The size that the indices of the streams in a file state; 0 if they cannot be read. A false index
// is noticed during decompression.
std::uint64_t statedSize(const std::string& packed) {
  lzma_index* index = nullptr;
  lzma_stream stream = LZMA_STREAM_INIT;
  constexpr std::uint64_t memory = std::uint64_t{64} << 20;
  if (lzma_file_info_decoder(&stream, &index, memory, packed.size()) != LZMA_OK) return 0;
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret status = LZMA_OK;
  while ((status = lzma_code(&stream, LZMA_RUN)) == LZMA_SEEK_NEEDED) {
    stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data()) + stream.seek_pos;
    stream.avail_in = packed.size() - stream.seek_pos;
  }
  const std::uint64_t size = status == LZMA_STREAM_END ? lzma_index_uncompressed_size(index) : 0;
  lzma_index_end(index, nullptr);
  lzma_end(&stream);
  return size;
}

// Calls `take` with each decoded piece, until it returns false. The rest of `packed` stays in `stream`.
template <class Take>
lzma_ret decode(lzma_stream& stream, const std::string& packed, const Take& take) {
  std::vector<std::uint8_t> buffer(1 << 18);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret status = LZMA_OK;
  bool more = true;
  while (status == LZMA_OK && more) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    status = lzma_code(&stream, LZMA_FINISH);
    more = take(std::string_view(reinterpret_cast<const char*>(buffer.data()),
                                 buffer.size() - stream.avail_out));
  }
  return status;
}

// Whether something other than a further stream follows the first one.
bool hasGarbageAtEnd(const std::string& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, std::uint64_t{1} << 30, 0) != LZMA_OK) return false;
  const lzma_ret status = decode(stream, packed, [](std::string_view) { return true; });
  const std::string_view rest(packed.data() + (packed.size() - stream.avail_in), stream.avail_in);
  lzma_end(&stream);
  constexpr std::string_view header("\xfd"
                                    "7zXZ\0",
                                    6);
  return status == LZMA_STREAM_END && !rest.empty() && rest.front() != 0 &&
         !rest.starts_with(header.substr(0, rest.size()));
}

std::string unpack(const std::string& packed, const std::string& path) {
  if (statedSize(packed) > maxText) tooLong(path);
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, std::uint64_t{1} << 30, LZMA_CONCATENATED) != LZMA_OK)
    throw Stop(failure, path + ": cannot start the xz decoder");
  std::string text;
  const lzma_ret status = decode(stream, packed, [&text](std::string_view piece) {
    text += piece;
    return text.size() <= maxText;
  });
  lzma_end(&stream);
  if (text.size() > maxText) tooLong(path);
  if (status != LZMA_STREAM_END)
    throw Stop(usage,
               path + ": not a whole xz file (" +
                   (!text.empty() && hasGarbageAtEnd(packed)
                        ? "something else follows the compressed data"
                    : status == LZMA_FORMAT_ERROR ? "not xz at all"
                    : status == LZMA_BUF_ERROR    ? "cut short"
                    : status == LZMA_DATA_ERROR   ? "damaged"
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

namespace {

// Where the text of a path goes: a link is followed. Devices and pipes are written as they are.
bool isReplaced(const std::string& path, fs::path& target) {
  if (path == "-") return false;
  std::error_code error;
  target = fs::weakly_canonical(path, error);
  if (error) target = path;
  const fs::file_status status = fs::status(target, error);
  return status.type() == fs::file_type::not_found || status.type() == fs::file_type::regular;
}

// 0, or the errno of what failed.
int writeThrough(const std::string& path, std::string_view text) {
  const bool standardOutput = path == "-";
  std::FILE* file = standardOutput ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return errno;
  int error = std::fwrite(text.data(), 1, text.size(), file) == text.size() ? 0 : errno;
  if ((standardOutput ? std::fflush(file) : std::fclose(file)) != 0 && error == 0) error = errno;
  return error;
}

} // namespace

void writeFile(const std::string& path, std::string_view plain) {
  const std::string packed = path.ends_with(".xz") ? pack(plain, path) : std::string();
  const std::string_view text = packed.empty() ? plain : packed;
  fs::path target;
  int error = 0;
  if (isReplaced(path, target)) {
    error = fuzz::writeWhole(target, text, fuzz::Existing::replace);
    // The file may be writable where its folder is not.
    if ((error == EACCES || error == EPERM || error == EROFS) && access(target.c_str(), W_OK) == 0)
      error = writeThrough(path, text);
  } else {
    error = writeThrough(path, text);
  }
  if (error != 0) throw Stop(failure, path + ": cannot write: " + std::strerror(error));
}

void checkWritable(const std::string& path) {
  if (path.empty()) return;
  fs::path target;
  if (!isReplaced(path, target)) {
    if (path != "-" && fs::is_directory(path))
      throw Stop(failure, path + ": cannot open for writing: it is a directory");
    if (path != "-" && access(path.c_str(), W_OK) != 0)
      throw Stop(failure, path + ": cannot open for writing: " + std::strerror(errno));
    return;
  }
  if (access(target.c_str(), F_OK) == 0 && access(target.c_str(), W_OK) != 0)
    throw Stop(failure, path + ": cannot open for writing: " + std::strerror(errno));
  const int error =
      fuzz::tryFolder(target.has_parent_path() ? target.parent_path() : fs::path("."));
  if (error != 0 && access(target.c_str(), W_OK) != 0)
    throw Stop(failure, path + ": cannot open for writing: " + std::strerror(error));
  if (error == ENOSPC || error == EDQUOT)
    throw Stop(failure, path + ": cannot write: " + std::strerror(error));
}

void makeDirectory(const std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Stop(failure, path + ": cannot make the directory: " + error.message());
  if (const int why = fuzz::tryFolder(path); why != 0)
    throw Stop(failure, path + ": cannot write in the directory: " + std::strerror(why));
}

void checkDirectory(const std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  fs::path made; // the highest directory that does not exist yet
  for (fs::path at = fs::absolute(path, error); !at.empty() && !fs::exists(at, error);
       at = at.parent_path())
    made = at;
  const auto removeMade = [&] {
    if (made.empty()) return;
    for (fs::path at = fs::absolute(path, error);; at = at.parent_path()) {
      fs::remove(at, error);
      if (at == made || !at.has_relative_path()) break;
    }
  };
  try {
    makeDirectory(path);
  } catch (const Stop&) {
    removeMade();
    throw;
  }
  removeMade();
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
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code dangling; // a link to nothing or to itself is no file
      if (entry->is_regular_file(dangling) && isTraceName(entry->path().filename().string()))
        found.push_back(entry->path().string());
    }
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
    fmt::print(stderr, "growsdown: {}: the first of {} traces (--trace 1..{} selects another)\n",
               path, traces.size(), traces.size());
  if (index > traces.size())
    throw Stop(usage, fmt::format("{}: has no trace {}, it holds {}", path, index, traces.size()));
  return std::move(traces[index == 0 ? 0 : index - 1]);
}

} // namespace growsdown::tools
