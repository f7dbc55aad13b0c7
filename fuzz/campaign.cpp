#include "fuzz/campaign.h"

#include "fuzz/child.h"
#include "fuzz/finding.h"
#include "fuzz/findings.h"
#include "fuzz/input_worker.h"
#include "fuzz/interrupt.h"
#include "fuzz/slot.h"
#include "fuzz/worker.h"
#include "harness/builtin_systems.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <string>
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

/// A worker that dies this often in a row, each time at its first trace, is not started again.
constexpr unsigned patience = 16;

struct WorkerProcess {
  pid_t pid = -1;
  SlotPointer slot;
  unsigned restarts = 0;
  bool running = false;
  std::uint64_t steps = 0;    ///< that it had made
  Clock::time_point lastStep; ///< when the campaign saw it make progress
  std::vector<Finding> found;
  std::uint64_t executionsAtDeath = 0;
  unsigned deaths = 0; ///< in a row, without a whole trace between them
};

/// Starts workers, watches them, restarts those that crash, and collects what they found.
class Supervisor {
 public:
  explicit Supervisor(const CampaignOptions& options)
      : options_(options), jobs_(std::clamp(options.jobs, 1U, 256U)), workers_(jobs_),
        store_(options.out) {}

  CampaignResult run() {
    const Interrupt interrupt;
    if (!prepare() || !watch()) return fail();
    result_.seconds = seconds();
    sum();
    countRules();
    collect();
    judge();
    return std::move(result_);
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  bool writes() const { return !options_.out.empty(); }

  bool error(std::string why) {
    result_.error = std::move(why);
    return false;
  }

  CampaignResult fail() {
    for (const WorkerProcess& worker : workers_)
      if (worker.running) {
        kill(worker.pid, SIGKILL);
        waitpid(worker.pid, nullptr, 0);
      }
    result_.seconds = seconds();
    collect();
    result_.verdict = Verdict::error;
    return std::move(result_);
  }

  bool prepare() {
    trace::ruleSets(); // before a fork: a slot has their addresses
    if (writes())
      if (std::string why = store_.prepare(); !why.empty()) return error(std::move(why));
    for (WorkerProcess& worker : workers_) {
      worker.slot = makeSlot();
      if (!worker.slot) return error("no memory to share with a worker");
    }
    for (unsigned i = 0; i < jobs_; ++i) {
      if (i > 0 && options_.time.count() > 0 && Clock::now() - begin_ >= options_.time) break;
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
      // Signals are for the campaign, which then stops its workers. They do not outlive it.
      Interrupt::leaveToParent();
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != campaign || worker.slot->stop.load()) _exit(0);
      if (!options_.runs || runs) work(index, runs); // the systems may have files to remove
      _exit(0);
    }
    worker.running = worker.pid > 0;
    worker.lastStep = Clock::now();
    return worker.running || error("cannot start a worker");
  }

  void work(unsigned index, std::uint64_t runs) {
    WorkerProcess& worker = workers_[index];
    if (options_.inputs)
      InputWorker(options_, *worker.slot, index, worker.restarts, begin_).work(runs);
    else
      Worker(options_, *worker.slot, index, worker.restarts, begin_).work(runs);
  }

  void stop(std::string why = {}) {
    if (!stopping_) result_.ended = std::move(why);
    stopping_ = true;
    for (WorkerProcess& worker : workers_)
      worker.slot->stop.store(true);
  }

  /// Until no worker runs.
  bool watch() {
    auto shown = begin_;
    auto last = begin_;
    for (;;) {
      bool any = false;
      for (unsigned i = 0; i < jobs_; ++i) {
        if (!workers_[i].running) continue;
        if (!poll(i)) return false;
        any = any || workers_[i].running;
      }
      if (!any) return true;
      const auto now = Clock::now();
      // While the campaign was busy or suspended it saw no progress of the workers.
      if (now - last > std::chrono::seconds(1))
        for (WorkerProcess& worker : workers_)
          worker.lastStep = now;
      last = now;
      if (Interrupt::signal() != 0) interrupted();
      if (!stopping_ && options_.time.count() > 0 && now - begin_ >= options_.time) stop();
      if (options_.status && now - shown >= options_.statusEvery) {
        shown = now;
        sum();
        options_.status(result_);
      }
      const timespec tenMilliseconds{0, 10'000'000};
      nanosleep(&tenMilliseconds, nullptr);
    }
  }

  void interrupted() {
    if (result_.incomplete) return;
    result_.incomplete = true;
    stop(Interrupt::text());
    for (WorkerProcess& worker : workers_)
      worker.slot->hurry.store(true);
  }

  /// Looks at a running worker. False: it crashed and cannot be started again.
  bool poll(unsigned index) {
    WorkerProcess& worker = workers_[index];
    const std::string how = crashed(worker);
    for (Finding finding; worker.slot->take(finding);)
      keep(worker, std::move(finding));
    if (!how.empty() && !died(index, how)) return false;
    if (options_.stopAfter > 0 && result_.found >= options_.stopAfter)
      stop("stopped after " + std::to_string(result_.found) +
           (result_.found == 1 ? " difference" : " differences"));
    // With a number of runs each worker makes its own, so that the result is the same every time.
    if (!worker.found.empty() && !options_.keepGoing && !options_.runs && !stopping_) stop();
    return true;
  }

  /// A worker died: keeps a finding about that, and starts the worker again if there is more to do.
  bool died(unsigned index, const std::string& how) {
    WorkerProcess& worker = workers_[index];
    ++result_.crashes;
    ++worker.restarts;
    const std::uint64_t executions = worker.slot->executions.fetch_add(1) + 1;
    worker.deaths = executions == worker.executionsAtDeath + 1 ? worker.deaths + 1 : 1;
    worker.executionsAtDeath = executions;
    const bool isFinding = keepCrash(worker, how);
    if (stopping_ || (isFinding && !options_.keepGoing)) return true;
    if (worker.deaths >= patience) {
      result_.incomplete = true;
      stop("a worker died " + std::to_string(patience) +
           " times in a row, each time at its first "
           "trace");
      return true;
    }
    return launch(index);
  }

  /// False: the worker was killed from outside, which is no finding.
  bool keepCrash(WorkerProcess& worker, const std::string& how) {
    Finding finding = options_.inputs ? inputCrash(options_, *worker.slot, how, begin_)
                                      : crashFinding(options_, *worker.slot, how, begin_);
    if (signatures_.count(finding.signature) != 0) return true;
    const bool outside = how == "signal-9";
    if (finding.text.empty()) {
      if (!outside) keep(worker, std::move(finding));
      result_.killed += outside;
      return !outside;
    }
    Stored stored;
    if (writes() && !outside) stored = store_.add(finding);
    if (!stored.known) {
      const bool again = options_.inputs ? reproduceInput(options_, how, finding)
                                         : reproduce(options_, *worker.slot, how, finding);
      if (!again && outside) {
        ++result_.killed;
        return false;
      }
      if (writes()) stored = store_.replace(stored, finding);
    }
    finding.file = stored.file;
    finding.known = stored.known;
    finding.error = stored.error;
    keep(worker, std::move(finding));
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
    r.executions = r.steps = r.unknown = r.features = r.pool = r.rulesReached = 0;
    r.kept = r.dropped = 0;
    r.corpusError.clear();
    r.seconds = seconds();
    for (const WorkerProcess& worker : workers_) {
      r.executions += worker.slot->executions.load();
      r.steps += worker.slot->steps.load();
      r.unknown += worker.slot->unknown.load();
      r.features = std::max(r.features, worker.slot->features.load());
      r.pool += worker.slot->pool.load();
      r.kept += worker.slot->kept.load();
      r.dropped += worker.slot->dropped.load();
      if (const int error = worker.slot->corpusError.load(); error != 0)
        r.corpusError = std::strerror(error);
    }
    for (std::size_t i = 0; i < mostRules; ++i)
      r.rulesReached += std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
        return worker.slot->ruleHits[i] != 0;
      });
  }

  void countRules() {
    const auto left = options_.makeLeft();
    for (std::size_t i = 0; i < std::min(left->ruleHits().size(), mostRules); ++i) {
      result_.rules.emplace_back(left->ruleId(i), 0);
      for (const WorkerProcess& worker : workers_)
        result_.rules.back().second += worker.slot->ruleHits[i];
    }
  }

  void keep(WorkerProcess& worker, Finding finding) {
    if (signatures_.insert(finding.signature).second) {
      ++result_.found;
      if (options_.onFinding) options_.onFinding(finding);
    }
    worker.found.push_back(std::move(finding));
  }

  /// One finding per signature, in the order of the workers. If another worker was the first to write
  /// a signature, its trace is the one.
  void collect() {
    std::map<std::string, std::size_t> places;
    for (WorkerProcess& worker : workers_)
      for (Finding& finding : worker.found) {
        const auto [place, isNew] = places.emplace(finding.signature, result_.findings.size());
        if (isNew)
          result_.findings.push_back(std::move(finding));
        else if (result_.findings[place->second].known && !finding.known)
          result_.findings[place->second] = std::move(finding);
      }
    if (!writes()) return;
    for (Finding& finding : result_.findings) {
      if (finding.file.empty() && !finding.text.empty()) { // there may be room now
        const Stored stored = store_.add(finding);
        finding.file = stored.file;
        finding.known = stored.known;
        finding.error = stored.error;
      }
      if (!finding.error.empty()) result_.error = finding.error;
    }
    store_.removeIfEmpty();
  }

  void judge() {
    for (const Finding& finding : result_.findings)
      result_.verdict = harness::worse(result_.verdict, finding.verdict);
    if (result_.incomplete || result_.killed > 0)
      result_.verdict = harness::worse(result_.verdict, Verdict::unknown);
    judgeUnknown();
    if (!result_.error.empty()) result_.verdict = Verdict::error;
  }

  // A search in which much is unknown shows little.
  void judgeUnknown() {
    const auto most = static_cast<std::uint64_t>(options_.mostUnknown * double(result_.executions));
    if (result_.executions < 100 || result_.unknown <= most) return;
    result_.verdict = harness::worse(result_.verdict, Verdict::unknown);
    if (!result_.ended.empty()) result_.ended += "; ";
    result_.ended += "more than " + std::to_string(std::lround(options_.mostUnknown * 100)) +
                     " % of the traces ended in `unknown`, so little was compared";
  }

  const CampaignOptions& options_;
  const Clock::time_point begin_ = Clock::now();
  const unsigned jobs_;
  std::vector<WorkerProcess> workers_;
  FindingsStore store_;
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
