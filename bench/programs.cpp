#include "bench/programs.h"

#include "bench/calls.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace growsdown::bench {
namespace {

constexpr unsigned pageShift = 12;
using Kind = ProgramStep::Kind;

// Adds the lookups to the calls, for which it follows what the calls do.
class Mixer {
 public:
  Mixer(Program& program, std::uint64_t faults) : program_(program), faults_(faults) {}

  void call(const ProgramStep& step) {
    std::uint32_t flags = step.flags;
    switch (step.kind) {
    case Kind::map:
      map(areas_, step.start, step.end, flags);
      break;
    case Kind::unmap:
      unmap(areas_, step.start, step.end);
      break;
    case Kind::protect:
      // The kind of the areas stays. So the call is made for each of them.
      for (std::uint64_t at = step.start; at < step.end;) {
        const auto area = areas_.above(at);
        if (!areas_.isArea(area) || areas_.at(area).start > at)
          throw std::runtime_error("`protect` of a page that is not mapped");
        const std::uint64_t to = std::min(areas_.at(area).end, step.end);
        flags = step.flags | (areas_.at(area).flags & ~std::uint32_t{7});
        program_.steps.push_back({Kind::protect, flags, at, to});
        protect(areas_, at, to, flags);
        at = to;
      }
      break;
    case Kind::find:
      break;
    }
    if (step.kind != Kind::protect) program_.steps.push_back(step);
    if (step.kind != Kind::unmap) near_ = step.start;
    ++program_.calls;
    program_.mostAreas = std::max(program_.mostAreas, static_cast<unsigned>(areas_.map.size()));
  }

  // The lookups up to this part of the program.
  void lookups(std::size_t call, std::size_t calls) {
    for (; made_ < faults_ * call / calls && !areas_.map.empty(); ++made_) {
      auto area = areas_.above(near_);
      const auto draw = random_();
      if (draw % 4 == 0 || !areas_.isArea(area))
        area = std::next(areas_.map.begin(),
                         static_cast<std::ptrdiff_t>(draw / 4 % areas_.map.size()));
      const Vma& in = areas_.at(area);
      near_ = in.start <= near_ && near_ + page < in.end ? near_ + page : in.start;
      program_.steps.push_back({Kind::find, 0, near_, near_});
    }
  }

 private:
  static constexpr std::uint64_t page = std::uint64_t{1} << pageShift;
  Program& program_;
  std::uint64_t faults_;
  std::uint64_t made_ = 0;
  std::uint64_t near_ = 0;
  StdMapPeer areas_;
  std::mt19937 random_{7};
};

Program readProgram(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<ProgramStep> calls;
  std::uint64_t faults = 0;
  std::string line, word;
  while (std::getline(in, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::uint64_t start = 0, pages = 0;
    std::uint32_t prot = 0, kind = 0;
    words >> word;
    if (word == "faults")
      words >> faults;
    else
      words >> std::hex >> start >> std::dec >> pages;
    start <<= pageShift;
    const std::uint64_t end = start + (pages << pageShift);
    if (word == "map" && words >> prot >> kind)
      calls.push_back({Kind::map, kind << 3 | prot, start, end});
    else if (word == "unmap")
      calls.push_back({Kind::unmap, 0, start, end});
    else if (word == "protect" && words >> prot)
      calls.push_back({Kind::protect, prot, start, end});
    else if (word != "faults")
      words.setstate(std::ios::failbit);
    if (!words) throw std::runtime_error(file.string() + ": `" + line + "` is not understood");
  }
  if (calls.empty()) throw std::runtime_error(file.string() + " has no calls");
  Program program;
  program.name = file.stem().string();
  Mixer mixer(program, faults);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    mixer.call(calls[i]);
    mixer.lookups(i + 1, calls.size());
  }
  return program;
}

} // namespace

std::vector<Program> readPrograms(const std::string& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".calls") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Program> programs;
  for (const std::filesystem::path& file : files)
    programs.push_back(readProgram(file));
  return programs;
}

} // namespace growsdown::bench
