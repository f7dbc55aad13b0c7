#include "fuzz/campaign.h"

#include "fuzz/finding.h"
#include "fuzz/slot.h"
#include "fuzz/worker.h"
#include "harness/builtin_systems.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace growsdown::fuzz {
namespace {

using Clock = std::chrono::steady_clock;
using harness::Verdict;

volatile std::sig_atomic_t interrupted = 0;

/// While this object exists, the first Ctrl-C ends the campaign as its time limit would. The second
/// one kills the process.
class Interrupt {
 public:
  Interrupt() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &before_);
  }
  ~Interrupt() { sigaction(SIGINT, &before_, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  struct sigaction before_ {};
};

void showProgress(const CampaignResult& result, double seconds) {
  std::fprintf(stderr,
               "\rfuzz: %.0f s, %llu traces, %llu steps (%.0f a second), %llu features, "
               "%llu in the pool, %llu unknown \033[K",
               seconds, static_cast<unsigned long long>(result.executions),
               static_cast<unsigned long long>(result.steps),
               static_cast<double>(result.steps) / std::max(seconds, 0.001),
               static_cast<unsigned long long>(result.features),
               static_cast<unsigned long long>(result.pool),
               static_cast<unsigned long long>(result.unknown));
}

struct WorkerProcess {
  pid_t pid = -1;
  SlotPointer slot;
  unsigned restarts = 0;
  bool running = false;
  std::uint64_t steps = 0;    ///< that it had made
  Clock::time_point lastStep; ///< when the campaign saw it make progress
  std::vector<Finding> crashes;
};

/// Starts workers, watches them, restarts those that crash, and collects what they found.
class Supervisor {
 public:
  explicit Supervisor(const CampaignOptions& options)
      : options_(options), jobs_(std::clamp(options.jobs, 1U, 256U)), workers_(jobs_) {}

  CampaignResult run() {
    if (!prepare()) return fail();
    {
      const Interrupt interrupt;
      if (!watch()) return fail();
    }
    result_.seconds = seconds();
    sum();
    countRules();
    collect();
    return std::move(result_);
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  bool error(std::string why) {
    result_.error = std::move(why);
    return false;
  }

  CampaignResult fail() {
    result_.verdict = Verdict::error;
    for (const WorkerProcess& worker : workers_)
      if (worker.running) {
        kill(worker.pid, SIGKILL);
        waitpid(worker.pid, nullptr, 0);
      }
    return std::move(result_);
  }

  bool prepare() {
    if (!options_.out.empty()) {
      std::error_code code;
      std::filesystem::create_directories(options_.out, code);
      if (code) return error("cannot make " + options_.out.string() + ": " + code.message());
    }
    for (unsigned i = 0; i < jobs_; ++i) {
      workers_[i].slot = makeSlot();
      if (!workers_[i].slot) return error("no memory to share with a worker");
      if (!launch(i)) return false;
    }
    return true;
  }

  bool launch(unsigned index) {
    WorkerProcess& worker = workers_[index];
    const std::uint64_t runs =
        options_.runs ? options_.runs / jobs_ + (index < options_.runs % jobs_) : 0;
    const pid_t campaign = getpid();
    worker.steps = ~std::uint64_t{0};
    std::fflush(nullptr);
    worker.pid = fork();
    if (worker.pid == 0) {
      // Ctrl-C is for the campaign, which then stops its workers. They do not outlive it.
      signal(SIGINT, SIG_IGN);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != campaign) _exit(0);
      {
        Worker search(options_, *worker.slot, index, worker.restarts, begin_);
        if (!options_.runs || runs) search.work(runs, worker.restarts == 0);
      } // its systems may have files to remove
      _exit(0);
    }
    worker.running = worker.pid > 0;
    worker.lastStep = Clock::now();
    return worker.running || error("cannot start a worker");
  }

  void stop() {
    stopping_ = true;
    for (WorkerProcess& worker : workers_)
      worker.slot->stop.store(true);
  }

  /// Until no worker runs.
  bool watch() {
    const bool terminal = options_.progress && isatty(2);
    auto shown = begin_;
    for (;;) {
      bool any = false;
      for (unsigned i = 0; i < jobs_; ++i) {
        if (!workers_[i].running) continue;
        if (!poll(i)) return false;
        any = any || workers_[i].running;
      }
      if (!any) break;
      const auto now = Clock::now();
      const bool over = options_.time.count() > 0 && now - begin_ >= options_.time;
      if (!stopping_ && (over || interrupted)) stop();
      if (terminal && now - shown >= std::chrono::seconds(1)) {
        shown = now;
        sum();
        showProgress(result_, seconds());
      }
      const timespec tenMilliseconds{0, 10'000'000};
      nanosleep(&tenMilliseconds, nullptr);
    }
    if (terminal) std::fputs("\r\033[K", stderr);
    return true;
  }

  /// Looks at a running worker. False: it crashed and cannot be started again.
  bool poll(unsigned index) {
    WorkerProcess& worker = workers_[index];
    if (const std::string how = crashed(worker); !how.empty()) {
      worker.crashes.push_back(crashFinding(options_, *worker.slot, how, begin_));
      ++worker.restarts;
      const bool again = options_.keepGoing && !stopping_ && worker.crashes.size() < mostFindings;
      if (again && !launch(index)) return false;
    }
    // With a number of runs each worker makes its own, so that the result is the same every time.
    const bool found = !worker.crashes.empty() || worker.slot->findings.load() > 0;
    if (found && !options_.keepGoing && !options_.runs && !stopping_) stop();
    return true;
  }

  /// How a worker crashed; empty: it runs, or ended well. A worker that hangs is killed.
  std::string crashed(WorkerProcess& worker) const {
    int status = 0;
    const std::uint64_t steps = worker.slot->allSteps.load();
    if (waitpid(worker.pid, &status, WNOHANG) == worker.pid) {
      worker.running = false;
      return crashOf(status);
    }
    if (steps != worker.steps) {
      worker.steps = steps;
      worker.lastStep = Clock::now();
    } else if (Clock::now() - worker.lastStep > options_.hang) {
      kill(worker.pid, SIGKILL);
      waitpid(worker.pid, &status, 0);
      worker.running = false;
      return "hang";
    }
    return {};
  }

  void sum() {
    CampaignResult& r = result_;
    r.executions = r.steps = r.unknown = r.features = r.pool = 0;
    for (const WorkerProcess& worker : workers_) {
      r.executions += worker.slot->executions.load();
      r.steps += worker.slot->steps.load();
      r.unknown += worker.slot->unknown.load();
      r.features = std::max(r.features, worker.slot->features.load());
      r.pool += worker.slot->pool.load();
    }
  }

  void countRules() {
    const auto left = options_.makeLeft();
    for (std::size_t i = 0; i < std::min(left->ruleHits().size(), mostRules); ++i) {
      result_.rules.emplace_back(left->ruleId(i), 0);
      for (const WorkerProcess& worker : workers_)
        result_.rules.back().second += worker.slot->ruleHits[i];
    }
  }

  void collect() {
    for (WorkerProcess& worker : workers_) {
      const std::size_t count = worker.slot->findings.load(std::memory_order_acquire);
      for (std::size_t i = 0; i < std::min(count, mostFindings); ++i)
        keep(worker.slot->records[i].get());
      for (Finding& crash : worker.crashes)
        keep(std::move(crash));
    }
    if (!result_.error.empty()) result_.verdict = Verdict::error;
  }

  void keep(Finding finding) {
    if (!signatures_.insert(finding.signature).second) return;
    result_.verdict = harness::worse(result_.verdict, finding.verdict);
    if (!options_.out.empty() && !finding.text.empty()) {
      const auto file = options_.out / (finding.signature + ".trace");
      std::ofstream out(file, std::ios::binary);
      out << finding.text;
      if (out.flush())
        finding.file = file;
      else
        result_.error = "cannot write " + file.string();
    }
    result_.findings.push_back(std::move(finding));
  }

  const CampaignOptions& options_;
  const Clock::time_point begin_ = Clock::now();
  const unsigned jobs_;
  std::vector<WorkerProcess> workers_;
  CampaignResult result_;
  std::set<std::string> signatures_;
  bool stopping_ = false;
};

} // namespace

std::unique_ptr<harness::System> CampaignOptions::makeLeft() const {
  return left ? left() : harness::makeModel();
}

std::unique_ptr<harness::System> CampaignOptions::makeRight() const {
  return right ? right() : harness::makeReference();
}

CampaignResult runCampaign(const CampaignOptions& options) {
  return Supervisor(options).run();
}

} // namespace growsdown::fuzz
