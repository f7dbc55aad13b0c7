#include "systems/kernel_tree.h"

#include "systems/kernel-tree/wire.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <linux/futex.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace growsdown::systems {

using harness::CannotSay;
using harness::Misbehaved;
using trace::Outcome;
namespace shown = harness::shown;

namespace {

/// A trace takes milliseconds. A worker that makes no step for 10 s is ended, so a shim
/// must be given up before that.
constexpr auto mostProcessorTime = std::chrono::seconds(1); // of a trace
constexpr auto mostTime = std::chrono::seconds(6);          // of a trace or a start
constexpr unsigned mostHangs = 3;                           // then no more traces are run
constexpr std::uint64_t page = 4096;

/// Waits until `word` is not `value`, or something wakes it, or a tenth of a second has passed.
void waitFor(volatile std::uint32_t& word, std::uint32_t value) {
  timespec time{0, 100'000'000};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &time, nullptr, 0);
}
std::uint32_t load(volatile std::uint32_t& word) {
  return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}

/// The processor time that the process has used; none if the process has ended.
std::chrono::nanoseconds processorTime(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

kt_step wire(const trace::Step& step) {
  return {.op = static_cast<std::uint32_t>(step.op),
          .access = static_cast<std::uint32_t>(step.access),
          .limit = static_cast<std::uint32_t>(step.limit),
          .prot = step.prot,
          .flags = step.flags,
          .unused = 0,
          .address = step.address,
          .length = step.length,
          .new_length = step.newLength,
          .target = step.target};
}

/// Throws Misbehaved if the area has no meaning, or does not come after `end`.
trace::Area area(const kt_area& from, std::uint64_t end) {
  if (from.start >= from.end || (from.start | from.end) % page != 0 || from.start < end)
    throw Misbehaved("an area from " + trace::printBytes(from.start) + " to " +
                     trace::printBytes(from.end) + " after one that ends at " +
                     trace::printBytes(end));
  if ((from.flags & ~trace::vm::all) != 0)
    throw Misbehaved("an area with flags " + std::to_string(from.flags));
  return {.start = from.start,
          .end = from.end,
          .shownStart = from.start,
          .pgoff = from.pgoff,
          .anon = from.anon,
          .object = from.object,
          .flags = from.flags,
          .forked = from.forked != 0};
}

Outcome signal(const trace::Step& step, trace::Signal signal, std::uint64_t address) {
  if (step.op != trace::Op::touch)
    throw Misbehaved("a signal for `" + std::string(trace::name(step.op)) + "`");
  Outcome outcome = Outcome::signalled(signal);
  outcome.hasAddress = true;
  outcome.address = address;
  return outcome;
}

Outcome failed(std::int32_t number) {
  const auto error = static_cast<trace::Errno>(number);
  if (number <= 0 || number != static_cast<std::int32_t>(error) || trace::name(error).empty())
    throw Misbehaved("errno " + std::to_string(number) + ", which no rule gives");
  return Outcome::failed(error);
}

} // namespace

KernelTree::KernelTree(BuiltTree built, TreeBuild how, std::string shown)
    : built_(std::move(built)), how_(how), shown_(std::move(shown)) {
  launch();
}

KernelTree::~KernelTree() {
  stop();
}

void KernelTree::launch() {
  file_ = memfd_create("growsdown", 0); // inherited by the process
  if (file_ < 0 || ftruncate(file_, sizeof(kt_memory)) != 0)
    throw CannotSay("no shared memory: " + std::string(std::strerror(errno)));
  void* const at = mmap(nullptr, sizeof(kt_memory), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (at == MAP_FAILED) throw CannotSay("no shared memory: " + std::string(std::strerror(errno)));
  memory_ = static_cast<kt_memory*>(at);
  std::copy(edges_.begin(), edges_.end(), memory_->edge);
  memory_->edges = edgeCount_;
  requests_ = 0;
  const std::string number = std::to_string(file_);
  const char* const arguments[] = {built_.shim.c_str(), number.c_str(), nullptr};
  if (const int error = posix_spawn(&process_, built_.shim.c_str(), nullptr, nullptr,
                                    const_cast<char* const*>(arguments), environ);
      error != 0) {
    process_ = -1;
    throw CannotSay(built_.shim + ": " + std::strerror(error));
  }
  const auto until = std::chrono::steady_clock::now() + mostTime;
  while (load(memory_->hello) != KT_VERSION) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) died(status);
    if (std::chrono::steady_clock::now() > until) {
      stop();
      throw CannotSay("the shim does not start");
    }
    waitFor(memory_->hello, 0);
  }
}

void KernelTree::stop() {
  if (process_ > 0) {
    kill(process_, how_.coverage ? SIGTERM : SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  process_ = -1;
  if (memory_ != nullptr) {
    edges_.assign(memory_->edge, memory_->edge + KT_EDGES);
    edgeCount_ = memory_->edges;
    munmap(memory_, sizeof(kt_memory));
  }
  memory_ = nullptr;
  if (file_ >= 0) close(file_);
  file_ = -1;
}

void KernelTree::died(int status) {
  process_ = -1;
  throw Misbehaved(WIFSIGNALED(status)
                       ? "the shim died of signal " + std::to_string(WTERMSIG(status))
                       : "the shim ended with " + std::to_string(WEXITSTATUS(status)));
}

harness::Fields KernelTree::shows() const {
  return shown::areas | shown::start | shown::maps | shown::flags | shown::account | shown::pgoff |
         shown::anon | shown::objects | shown::elsewhere | shown::total | shown::stack |
         shown::locked | shown::data | shown::committed | shown::mapCount;
}

std::uint32_t KernelTree::does() const {
  return memory_ != nullptr ? memory_->does : 0;
}

std::string_view KernelTree::rules() const {
  if (built_.rules.empty()) throw CannotSay(built_.whyNot);
  return built_.rules;
}

void KernelTree::ahead(std::span<const trace::Record> records) {
  steps_.clear();
  for (const trace::Record& record : records) {
    if (record.state.abnormal || (does() >> static_cast<unsigned>(record.step.op) & 1U) == 0) break;
    if (steps_.size() == KT_MOST_STEPS) break;
    steps_.push_back(record.step);
  }
  announced_ = true;
}

void KernelTree::start(const trace::Parameters& parameters, const trace::State* initial) {
  if (!std::exchange(announced_, false)) steps_.clear();
  applied_ = ran_ = 0;
  reason_.clear();
  misbehaved_.clear();
  windows_ = parameters.windows;
  if (hangs_ == mostHangs)
    throw CannotSay("the kernel's code did not return from " + std::to_string(mostHangs) +
                    " traces, so it is given no more");
  if (memory_ == nullptr || process_ < 0 || memory_->broken != 0) {
    stop();
    launch();
  }
  const trace::RuleSet& rules = *parameters.rules;
  if (rules.arch == trace::Arch::um || parameters.geometry.page != 4096)
    throw CannotSay("the shim has pages of 4096 bytes and no user-mode Linux");
  if (initial != nullptr) throw CannotSay("the shim begins with an empty address space");
  memory_->parameters = {
      .min_addr = parameters.minAddr,
      .effective_min_addr = parameters.effectiveMinAddr(),
      .max_map_count = parameters.maxMapCount,
      .task_size = parameters.taskSize,
      .map_window = parameters.mapWindow,
      .mmap_base = parameters.mmapBase,
      .unmapped_base = parameters.unmappedBase,
      .generic_placement = rules.arch != trace::Arch::amd64,
      .fault_style = rules.arch != trace::Arch::amd64,
      .window = {windows_[0].start, windows_[0].end, windows_[1].start, windows_[1].end},
      .va_bits = parameters.geometry.vaBits,
      .validate = how_.sanitize};
  effectiveMinAddr_ = parameters.effectiveMinAddr();
  run();
}

// Runs all of steps_. Those that ran before get the same results again.
void KernelTree::run() {
  ran_ = steps_.size();
  misbehaved_.clear();
  if (steps_.empty()) return;
  std::transform(steps_.begin(), steps_.end(), memory_->step, wire);
  memory_->steps = static_cast<std::uint32_t>(steps_.size());
  memory_->done = 0;
  ++requests_;
  __atomic_store_n(&memory_->request, requests_, __ATOMIC_RELEASE);
  syscall(SYS_futex, &memory_->request, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  const auto until = std::chrono::steady_clock::now() + mostTime;
  const auto mostUsed = processorTime(process_) + mostProcessorTime;
  for (std::uint32_t answer = 0; (answer = load(memory_->answer)) != requests_;) {
    waitFor(memory_->answer, answer);
    if (load(memory_->answer) == requests_) break;
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      lost(WIFSIGNALED(status)
               ? "the kernel's code crashed: signal " + std::to_string(WTERMSIG(status))
               : "the kernel's code ended the shim: exit code " +
                     std::to_string(WEXITSTATUS(status)));
      return;
    }
    if (std::chrono::steady_clock::now() > until || processorTime(process_) > mostUsed) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
      process_ = -1;
      ++hangs_;
      lost("the kernel's code does not return");
      return;
    }
  }
}

// The step at which it happened has no result, whatever the shim says.
void KernelTree::lost(std::string what) {
  ran_ = std::min<std::size_t>(memory_->done, steps_.size() - 1);
  misbehaved_ = std::move(what);
}

// Whether the kernel chose the address of a mapping: it is not the one that the caller named.
bool KernelTree::chosen(const trace::Step& step, std::uint64_t address) const {
  if (step.op == trace::Op::mremap)
    return (step.flags & trace::flag::to) == 0 && address != step.address;
  if ((step.flags & (trace::flag::fixed | trace::flag::fixedNoreplace)) != 0) return false;
  std::uint64_t hint = step.address / page * page;
  if (hint != 0 && hint < effectiveMinAddr_) hint = (effectiveMinAddr_ + page - 1) / page * page;
  return hint == 0 || address != hint;
}

Outcome KernelTree::outcome(const trace::Step& step, std::size_t at) {
  const kt_result result = memory_->result[at];
  switch (result.kind) {
  case KT_OK:
    return Outcome::okay();
  case KT_ADDRESS: {
    if (step.op != trace::Op::mmap && step.op != trace::Op::mremap)
      throw Misbehaved("an address for `" + std::string(trace::name(step.op)) + "`");
    const std::uint64_t length = (trace::mappedLength(step) + page - 1) / page * page;
    const bool hidden =
        chosen(step, result.address) && !trace::inside(windows_, result.address, length);
    return hidden ? Outcome::elsewhere() : Outcome::at(result.address);
  }
  case KT_ERROR:
    return failed(result.error);
  case KT_MAPERR:
    return signal(step, trace::Signal::segvMaperr, result.address);
  case KT_ACCERR:
    return signal(step, trace::Signal::segvAccerr, result.address);
  case KT_BUS:
    return signal(step, trace::Signal::busAdrerr, result.address);
  case KT_PROTECTION:
    return signal(step, trace::Signal::segvKernel, result.address);
  case KT_WRONG:
    throw Misbehaved(std::string(memory_->reason, strnlen(memory_->reason, KT_TEXT)));
  case KT_UNKNOWN:
    reason_.assign(memory_->reason, strnlen(memory_->reason, KT_TEXT));
    return Outcome::undecided();
  default:
    throw Misbehaved("an answer of kind " + std::to_string(result.kind));
  }
}

Outcome KernelTree::apply(const trace::Step& step) {
  reason_.clear();
  if ((does() >> static_cast<unsigned>(step.op) & 1U) == 0) {
    reason_ = shown_ + " does not do `" + std::string(trace::name(step.op)) + "`";
    return Outcome::undecided();
  }
  if (applied_ == steps_.size() || steps_[applied_] != step) {
    if (applied_ == KT_MOST_STEPS) throw CannotSay("the trace has too many steps for the shim");
    if (!misbehaved_.empty()) {
      if (applied_ >= ran_) throw Misbehaved(misbehaved_);
      stop();
      throw CannotSay("the shim has ended");
    }
    steps_.resize(applied_);
    steps_.push_back(step);
    run();
  }
  if (applied_ >= ran_) throw Misbehaved(misbehaved_);
  return outcome(step, applied_++);
}

void KernelTree::snapshot(trace::State& out) const {
  out.clear();
  if (applied_ == 0) return;
  const kt_result result = memory_->result[applied_ - 1];
  if (result.first > KT_MOST_AREAS || result.count > KT_MOST_AREAS - result.first)
    throw Misbehaved("a state of " + std::to_string(result.count) + " areas, the first at place " +
                     std::to_string(result.first));
  std::uint64_t end = 0;
  for (std::uint32_t i = 0; i < result.count; ++i) {
    const kt_area from = memory_->area[result.first + i];
    out.areas.push_back(area(from, end));
    end = from.end;
    if (from.object == 0) continue;
    const auto at = std::lower_bound(
        out.objects.begin(), out.objects.end(), from.object,
        [](const trace::Object& object, std::uint64_t id) { return object.id < id; });
    if (at == out.objects.end() || at->id != from.object)
      out.objects.insert(at, {from.object, from.object_pages});
  }
  out.counters.total = result.total;
  out.counters.stack = result.stack;
  out.counters.locked = result.locked;
  out.counters.data = result.data;
  out.counters.committed = result.committed;
  out.counters.mapCount = result.map_count;
}

bool KernelTree::reachedNewCode() {
  if (memory_ == nullptr || memory_->edges == edgeCount_) return false;
  edgeCount_ = memory_->edges;
  return true;
}

} // namespace growsdown::systems
