// What is measured of the peers: workloads, each a row with one task per peer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace growsdown::bench {

/// What one peer does in a workload.
struct Task {
  std::string peer;
  std::function<void()> run;     ///< measured; empty if `best` is known
  double operations;             ///< that `run` performs
  std::function<void()> prepare; ///< before each `run`, not measured; may be empty
  double best = 1e300;           ///< nanoseconds per operation, or bytes
};

/// The tasks of all peers; the first one is this project's.
struct Row {
  std::string workload;
  unsigned areas;
  std::vector<Task> tasks;
  double share = 1; ///< of the time that a number takes
};

/// Workloads that share their data. The rows own the data.
struct Family {
  std::string name;
  std::vector<unsigned> areas; ///< the sizes
  std::function<std::vector<Row>(unsigned areas)> rows;
};

/// Lookups, changes of single areas, gaps and bytes (lookups_bench.cpp).
Family lookupFamily();
/// Splitting and merging, range replacement and fork (calls_bench.cpp).
Family callFamily();
/// The calls of real programs, one row each (calls_bench.cpp). The only size is 0.
Family programFamily();
/// Whole address spaces with pages: growth and fault, fork (faults_bench.cpp).
Family faultFamily();

/// Measures the tasks of a row in turns, so that what else the machine does slows all of them.
/// `best` becomes the best turn of each. An untimed turn before each timed one fills the caches.
void measure(std::vector<Task>& tasks, double seconds);

/// Bytes that the heap has given out.
std::size_t allocated();

/// Registers all rows with Google Benchmark: `peers/FAMILY/WORKLOAD/PEER/AREAS`.
void registerPeers();

} // namespace growsdown::bench
