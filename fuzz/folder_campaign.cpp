#include "fuzz/folder_campaign.h"

#include "fuzz/findings.h"
#include "fuzz/groups.h"
#include "fuzz/hash.h"
#include "fuzz/inputs.h"
#include "fuzz/interrupt.h"
#include "fuzz/reach.h"
#include "fuzz/recheck.h"
#include "fuzz/seeds.h"
#include "fuzz/whole_file.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include <time.h>

namespace growsdown::fuzz {
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using Key = std::pair<std::string, std::string>; ///< worker, signature

bool shows(const Standing& standing) {
  return standing.state != "fixed";
}

/// The file of a finding with that signature.
fs::path findingFile(const fs::path& folder, const std::string& worker,
                     const std::string& signature) {
  return FindingsStore(folder / "findings" / worker).find(signature);
}

/// The signatures of a worker's findings that have a file.
std::set<std::string> signaturesIn(const fs::path& directory) {
  std::set<std::string> found;
  std::error_code code;
  for (fs::directory_iterator at(directory, code), end; !code && at != end; at.increment(code)) {
    const std::string name = at->path().filename().string();
    if (const std::string_view signature = signatureOf(name); !signature.empty())
      found.emplace(signature);
  }
  return found;
}

class Run {
 public:
  explicit Run(const FolderOptions& options)
      : options_(options), process_(processName()), history_(options.folder / "history", process_) {
    for (const CampaignWorker& worker : options.workers)
      mine_[worker.settings.name]; // a row for each
  }

  FolderResult run() {
    const Interrupt interrupt;
    if (prepare()) {
      recheckAll();
      huntCanary();
      plantSeeds();
      while (!isOver()) {
        if (!waitForRoom()) continue;
        CampaignWorker const* const next = choose();
        if (next == nullptr) break;
        runSlice(*next);
        endRound();
      }
      finish();
    }
    return report();
  }

  FolderResult inspect() {
    history_.refresh();
    takeGroups();
    return report();
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  double left() const { return options_.time > 0 ? std::max(options_.time - seconds(), 0.0) : 1e9; }

  void problem(const std::string& text) {
    if (!result_.problems.empty() && result_.problems.back() == text) return;
    result_.problems.push_back(text);
    if (options_.onProblem) options_.onProblem(text);
    history_.add(JsonLine("problem").add("text", text));
  }

  bool prepare() {
    std::error_code code;
    fs::create_directories(options_.folder / "corpus", code);
    const int error = code ? code.value() : tryFolder(options_.folder);
    if (error != 0) {
      result_.error = "cannot write in " + options_.folder.string() + ": " + std::strerror(error);
      return false;
    }
    history_.refresh();
    takeGroups();
    history_.add(JsonLine("start").add("seed", options_.settings.seed));
    for (const CampaignWorker& worker : options_.workers)
      if (!worker.whyNot.empty())
        problem("worker " + worker.settings.name + " does not run: " + worker.whyNot);
    return true;
  }

  // --- findings ---

  void stand(const Key& key, std::string state, const std::string& file,
             const std::string& description, const std::string& rules) {
    history_.add(JsonLine("finding")
                     .add("worker", key.first)
                     .add("signature", key.second)
                     .add("state", state)
                     .add("file", file)
                     .add("rules", rules)
                     .add("description", description));
    history_.refresh();
    Standing& standing = standings_[key];
    const auto known = history_.findings().find(key);
    if (known != history_.findings().end()) standing = known->second;
    standing.state = std::move(state); // the line may wait for room
    standing.file = file;
    standing.description = description;
    standing.rules = rules;
    if (standing.since.empty()) standing.since = timeNow();
    if (standing.state != "new" && standing.state != "back") return;
    fresh_.insert(key);
    if (options_.onFinding) options_.onFinding(finding(key, standing));
  }

  CampaignFinding finding(const Key& key, const Standing& standing) const {
    CampaignFinding out;
    out.worker = key.first;
    out.signature = key.second;
    out.standing = standing;
    out.file = findingFile(options_.folder, key.first, key.second);
    out.fresh = fresh_.count(key) != 0;
    if (const auto text = unsaved_.find(key); text != unsaved_.end()) out.text = text->second.text;
    if (const auto note = notes_.find(key); note != notes_.end()) out.note = note->second;
    return out;
  }

  /// Whether what earlier runs found still shows.
  void recheckAll() {
    standings_ = history_.findings();
    for (const CampaignWorker& worker : options_.workers) {
      if (!worker.whyNot.empty()) continue;
      for (const std::string& signature :
           signaturesIn(options_.folder / "findings" / worker.settings.name)) {
        if (Interrupt::signal() != 0) return;
        recheckOne(worker, {worker.settings.name, signature});
      }
    }
  }

  void recheckOne(const CampaignWorker& worker, const Key& key) {
    const fs::path file = findingFile(options_.folder, key.first, key.second);
    const auto found = standings_.find(key);
    const Standing before = found == standings_.end() ? Standing() : found->second;
    const auto [now, why, ended] = recheck(worker.options, file);
    std::string state = before.state;
    if (now == Shows::unknown)
      notes_[key] = why;
    else if (now == Shows::no)
      state = "fixed";
    else
      state = before.state.empty() ? "new" : before.state == "fixed" ? "back" : "known";
    if (state.empty()) state = "new";
    // A run that was killed may have left the file without an event.
    if (state != before.state)
      stand(key, state, file.filename().string(), before.description, before.rules);
  }

  void take(const CampaignWorker& worker, const Finding& found) {
    const Key key(worker.settings.name, found.signature);
    const auto known = standings_.find(key);
    const std::string before = known == standings_.end() ? "" : known->second.state;
    if (!found.file.empty())
      unsaved_.erase(key);
    else if (!found.text.empty())
      unsaved_[key] = found;
    if (before == "new" || before == "known" || before == "back") return;
    stand(key, before == "fixed" ? "back" : "new", found.file.filename().string(),
          found.description, found.rules);
  }

  /// Findings that had no room before. Returns why one has none now.
  std::string saveFindings() {
    std::string error;
    std::erase_if(unsaved_, [&](const auto& each) {
      const Stored stored =
          FindingsStore(options_.folder / "findings" / each.first.first).add(each.second);
      if (stored.file.empty()) {
        error = stored.error;
        return false;
      }
      if (const auto at = standings_.find(each.first); at != standings_.end())
        at->second.file = stored.file.filename().string();
      return true;
    });
    return error;
  }

  // --- the canary and the seeds ---

  void huntCanary() {
    if (!options_.canary || Interrupt::signal() != 0) {
      if (options_.canary) result_.canary = "the run was interrupted before";
      return;
    }
    const fs::path out = options_.folder / "canary" / process_;
    result_.canary = options_.canary(out);
    const bool found = result_.canary.empty();
    history_.add(JsonLine("canary")
                     .add("bug", options_.settings.canary)
                     .add("found", found ? "yes" : "no")
                     .add("why", result_.canary));
    if (!found)
      return problem("the canary `" + options_.settings.canary +
                     "` was not found: " + result_.canary);
    std::error_code ignored;
    fs::remove_all(out, ignored);
    fs::remove(out.parent_path(), ignored); // if no other run has a folder there
  }

  void plantSeeds() {
    if (options_.seeds.empty()) return;
    CorpusWriter writer(options_.folder / "corpus", process_ + "-seeds");
    std::set<std::string> done;
    for (const CampaignWorker& worker : options_.workers)
      for (const std::string& rules : worker.rules) {
        const trace::RuleSet* const set = trace::findRuleSet(rules);
        if (set == nullptr || !done.insert(rules).second) continue;
        std::vector<Program> programs;
        addSeeds(options_.seeds, {set}, programs);
        for (const Program& program : programs)
          writer.add(rules, textOf(program), ".trace");
        if (const int error = writer.flush(); error != 0)
          return problem(std::string("the seeds cannot be written: ") + std::strerror(error));
      }
  }

  // --- the loop ---

  bool isOver() {
    if (Interrupt::signal() != 0) {
      result_.interrupted = true;
      result_.ended = Interrupt::text();
    } else if (options_.time > 0 && left() <= 0) {
      result_.ended = "its time is over";
    } else if (result_.stable) {
      result_.ended = "it is stable";
    }
    return !result_.ended.empty();
  }

  /// False: the folder cannot be written now. Waits a little then.
  bool waitForRoom() {
    int error = tryFolder(options_.folder);
    if (error == 0) error = history_.flush();
    std::string why = error == 0 ? std::string() : std::strerror(error);
    if (why.empty()) why = saveFindings();
    if (why.empty()) {
      lastError_.clear();
      if (std::exchange(waits_, {}).empty()) return true;
      problem("there is room again");
      return true;
    }
    if (std::exchange(waits_, "cannot write in " + options_.folder.string() + ": " + why).empty())
      problem(waits_ + "; waiting for room");
    if (Clock::now() - shown_ >= options_.statusEvery) show(nullptr, {}, {});
    pause();
    return false;
  }

  static void pause() {
    const timespec shortly{0, 300'000'000};
    nanosleep(&shortly, nullptr);
  }

  bool hasBudget(const WorkerSettings& settings) const {
    const Spent all = history_.spent(settings.name);
    return (settings.seconds <= 0 || all.seconds < settings.seconds) &&
           (settings.runs == 0 || all.executions < settings.runs);
  }

  /// The worker that had the least time of its share in this run; null: all budgets are spent.
  CampaignWorker const* choose() {
    history_.refresh();
    CampaignWorker const* best = nullptr;
    double least = 0;
    for (const CampaignWorker& worker : options_.workers) {
      if (!worker.whyNot.empty() || !hasBudget(worker.settings)) continue;
      const double used = mine_[worker.settings.name].seconds / worker.settings.share;
      if (best != nullptr && used >= least) continue;
      best = &worker;
      least = used;
    }
    if (best == nullptr) result_.ended = "all budgets are spent";
    return best;
  }

  /// The rule set that had the least time of all processes.
  std::string chooseRules(const CampaignWorker& worker) const {
    if (worker.rules.empty()) return {};
    const std::map<std::string, Spent> spent = history_.spentByRules(worker.settings.name);
    const auto used = [&](const std::string& rules) {
      const auto at = spent.find(rules);
      return at == spent.end() ? 0.0 : at->second.seconds;
    };
    return *std::min_element(
        worker.rules.begin(), worker.rules.end(),
        [&](const std::string& a, const std::string& b) { return used(a) < used(b); });
  }

  void runSlice(const CampaignWorker& worker) {
    const std::string rules = chooseRules(worker);
    const std::uint64_t number = ++slices_;
    merge(worker, rules); // what other processes found
    CampaignOptions options = sliceOptions(worker, rules, number);
    const CampaignResult result = runCampaign(options);
    for (const Finding& found : result.findings)
      take(worker, found);
    writeSlice("slice", worker, rules, number, result);
    Spent& mine = mine_[worker.settings.name];
    mine += spentOf(result);
    executions_ += result.executions;
    steps_ += result.steps;
    if (!result.corpusError.empty() || result.dropped > 0)
      problem("the corpus of worker " + worker.settings.name + " was not written: " +
              (result.corpusError.empty() ? "for some time" : result.corpusError) + "; " +
              std::to_string(result.dropped) + " entries are lost");
    if (result.killed > 0)
      problem("worker " + worker.settings.name + " was killed from outside (out of memory?)");
    // A finding without room is in the result, and waits.
    if (!result.error.empty() && unsaved_.empty())
      problem("worker " + worker.settings.name + ": " + result.error);
    lastError_ = result.error;
    if (result.executions == 0) pause();
    merge(worker, rules);
    ran_.insert(worker.settings.name + " " + rules);
  }

  CampaignOptions sliceOptions(const CampaignWorker& worker, const std::string& rules,
                               std::uint64_t number) {
    const CampaignSettings& settings = options_.settings;
    const Spent spent = history_.spent(worker.settings.name);
    double time = std::min(settings.slice, left());
    if (worker.settings.seconds > 0) time = std::min(time, worker.settings.seconds - spent.seconds);
    CampaignOptions options = worker.options;
    options.time = std::chrono::milliseconds(
        std::max<std::int64_t>(static_cast<std::int64_t>(time * 1000), 100));
    if (worker.settings.runs > 0) options.runs = worker.settings.runs - spent.executions;
    options.jobs = settings.jobs;
    options.seed = number == 1 && history_.runs() == 1
                       ? settings.seed
                       : settings.seed ^ hashOf(process_ + std::to_string(number));
    seed_ = options.seed;
    options.keepGoing = true;
    options.mostUnknown = 1; // judged over the whole run
    options.out = options_.folder / "findings" / worker.settings.name;
    options.corpus = options_.folder / "corpus";
    options.writer = process_ + "-" + std::to_string(number);
    options.seen = groupOf(worker, rules).seen();
    Random random(options.seed);
    if (worker.options.inputs) {
      InputTarget target = *worker.options.inputs;
      const auto more = groupInputs(options.corpus, target.name);
      target.seeds.insert(target.seeds.end(), more.begin(), more.end());
      options.inputs = std::make_shared<InputTarget>(std::move(target));
    } else {
      options.rules = {trace::findRuleSet(rules)};
      options.seeds = groupSeeds(options.corpus, rules, random);
    }
    options.statusEvery = options_.statusEvery;
    options.status = [this, &worker, rules, number](const CampaignResult& now) {
      if (Clock::now() - noted_ >= std::chrono::seconds(30)) {
        noted_ = Clock::now();
        writeSlice("status", worker, rules, number, now);
      }
      show(&worker, rules, now);
    };
    options.onFinding = [this, &worker](const Finding& found) { take(worker, found); };
    return options;
  }

  static Spent spentOf(const CampaignResult& result) {
    return {.seconds = result.seconds,
            .executions = result.executions,
            .steps = result.steps,
            .unknown = result.unknown,
            .kept = result.kept,
            .dropped = result.dropped,
            .slices = 1};
  }

  void writeSlice(std::string_view event, const CampaignWorker& worker, const std::string& rules,
                  std::uint64_t number, const CampaignResult& result) {
    history_.add(JsonLine(event)
                     .add("slice", number)
                     .add("worker", worker.settings.name)
                     .add("rules", rules)
                     .add("seed", seed_)
                     .addSeconds("seconds", result.seconds)
                     .add("executions", result.executions)
                     .add("steps", result.steps)
                     .add("unknown", result.unknown)
                     .add("features", result.features)
                     .add("rulesReached", result.rulesReached)
                     .add("kept", result.kept)
                     .add("dropped", result.dropped)
                     .add("found", result.found));
  }

  CorpusGroup& groupOf(const CampaignWorker& worker, const std::string& rules) {
    const std::string name = corpusGroup(worker, rules);
    return groups_
        .try_emplace(name, options_.folder / "corpus" / name, worker.options.inputs.get(),
                     options_.settings.corpusLimit)
        .first->second;
  }

  void merge(const CampaignWorker& worker, const std::string& rules) {
    CorpusGroup& group = groupOf(worker, rules);
    const std::string name = corpusGroup(worker, rules);
    const CorpusGroup::Update update = group.update();
    for (const std::string& text : update.problems)
      problem(text);
    if (update.error != 0)
      problem("the packs of " + name + " stay as they are: " + std::strerror(update.error));
    if (group.seen()) result_.corpus[name] = {group.entries(), group.seen()->count()};
    if (!update.merged || update.error != 0) return;
    history_.add(JsonLine("merge")
                     .add("group", name)
                     .add("packs", update.packs)
                     .add("before", update.before)
                     .add("after", update.after)
                     .add("reach", result_.corpus[name].reach));
  }

  void takeGroups() {
    for (const auto& [name, group] : history_.groups())
      result_.corpus[name] = {group.entries, group.reach};
  }

  /// A round is over when each worker had a slice with each of its rule sets.
  void endRound() {
    std::size_t all = 0;
    for (const CampaignWorker& worker : options_.workers)
      if (worker.whyNot.empty() && hasBudget(worker.settings))
        all += std::max<std::size_t>(worker.rules.size(), 1);
    if (ran_.size() < all) return;
    ran_.clear();
    const std::uint64_t now = result_.reach();
    const double growth =
        now > reach_ ? double(now - reach_) / double(std::max<std::uint64_t>(now, 1)) : 0;
    const bool news = growth > options_.settings.stableGrowth || fresh_.size() > freshBefore_;
    quiet_ = news ? 0 : quiet_ + 1;
    reach_ = now;
    freshBefore_ = fresh_.size();
    history_.add(JsonLine("round").add("reach", now).add("quiet", quiet_));
    if (options_.untilStable && quiet_ >= options_.settings.stableRounds) result_.stable = true;
  }

  void show(const CampaignWorker* worker, const std::string& rules, const CampaignResult& slice) {
    shown_ = Clock::now();
    if (!options_.status) return;
    CampaignStatus status;
    status.seconds = seconds();
    status.worker = worker != nullptr ? worker->settings.name : "";
    status.rules = rules;
    status.slice = slice;
    status.executions = executions_ + slice.executions;
    status.steps = steps_ + slice.steps;
    status.reach = result_.reach();
    for (const auto& [group, counts] : result_.corpus)
      status.corpus += counts.entries;
    for (const auto& [key, standing] : standings_)
      status.open += shows(standing);
    status.waits = waits_;
    options_.status(status);
  }

  void finish() {
    result_.error = saveFindings();
    if (result_.error.empty()) result_.error = waits_.empty() ? lastError_ : waits_;
    history_.add(JsonLine("end")
                     .add("ended", result_.ended)
                     .add("executions", executions_)
                     .add("steps", steps_)
                     .addSeconds("seconds", seconds()));
    if (const int error = history_.flush(); error != 0)
      result_.error = "the history cannot be written: " + std::string(std::strerror(error));
    history_.refresh();
  }

  FolderResult report() {
    result_.seconds = seconds();
    if (standings_.empty()) standings_ = history_.findings();
    for (const auto& [key, standing] : standings_)
      result_.findings.push_back(finding(key, standing));
    for (const CampaignWorker& worker : options_.workers)
      result_.workers.push_back(reportOf(worker));
    return std::move(result_);
  }

  WorkerReport reportOf(const CampaignWorker& worker) {
    WorkerReport row;
    row.name = worker.settings.name;
    row.kind = worker.settings.kind;
    row.whyNot = worker.whyNot;
    row.spent = mine_[row.name];
    row.total = history_.spent(row.name);
    for (const CampaignFinding& found : result_.findings)
      row.findings += found.worker == row.name && shows(found.standing);
    const double share =
        double(row.spent.unknown) / double(std::max<std::uint64_t>(row.spent.executions, 1));
    if (row.spent.executions >= 100 && share > options_.settings.mostUnknown)
      row.problem = std::to_string(static_cast<int>(share * 100)) +
                    " % of its traces ended in `unknown`, so little was compared";
    return row;
  }

  const FolderOptions& options_;
  const std::string process_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point shown_ = begin_, noted_ = begin_;
  History history_;
  FolderResult result_;
  std::map<std::string, Spent> mine_;
  History::Findings standings_;
  std::set<Key> fresh_;
  std::map<Key, Finding> unsaved_;
  std::map<Key, std::string> notes_;
  std::string waits_, lastError_;
  std::set<std::string> ran_; ///< in this round
  std::map<std::string, CorpusGroup> groups_;
  std::uint64_t slices_ = 0, executions_ = 0, steps_ = 0, reach_ = 0, quiet_ = 0, seed_ = 0;
  std::size_t freshBefore_ = 0;
};

} // namespace

std::uint64_t FolderResult::open() const {
  return static_cast<std::uint64_t>(std::count_if(
      findings.begin(), findings.end(), [](const auto& each) { return shows(each.standing); }));
}

std::uint64_t FolderResult::fresh() const {
  return static_cast<std::uint64_t>(
      std::count_if(findings.begin(), findings.end(),
                    [](const auto& each) { return each.fresh && shows(each.standing); }));
}

std::uint64_t FolderResult::reach() const {
  std::uint64_t sum = 0;
  for (const auto& [group, counts] : corpus)
    sum += counts.reach;
  return sum;
}

std::string corpusGroup(const CampaignWorker& worker, const std::string& rules) {
  return worker.options.inputs ? worker.options.inputs->name : rules;
}

FolderResult runFolder(const FolderOptions& options) {
  return Run(options).run();
}

FolderResult inspectFolder(const FolderOptions& options) {
  return Run(options).inspect();
}

} // namespace growsdown::fuzz
