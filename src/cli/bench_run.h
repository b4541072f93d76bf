#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/child_process.h"
#include "cli/contender.h"
#include "cli/point_load.h"
#include "cli/put_load.h"
#include "cli/row_set.h"

namespace arrowport::cli {

/// The kinds of work that a contender does.
struct TakesPart {
  bool reads = false;
  bool puts = false;         ///< Puts with one client.
  bool put_loads = false;    ///< And with several at the same time.
  bool endpoints = false;    ///< Reads all rows in several streams.
  bool codecs = false;       ///< Reads all rows compressed.
  bool points = false;       ///< Asks for single rows with few clients.
  bool many_points = false;  ///< And with many.
};

/// One of those that do the same work.
struct BenchContender {
  std::string name;  ///< "HTTP C++"
  Contender& contender;
  ChildProcess* server = nullptr;  ///< Null where there is none, or more than one process.
  TakesPart takes_part = {};
  /// Its failure is no failure of the run: it is left out of the rest of the work.
  bool is_peer = false;
};

enum class BenchKind {
  kRead,
  kPut,
  kPointLoad,  ///< Clients ask for single rows, for a while.
  kPutLoad,    ///< Clients put, for a while.
};

/// Whether it is measured in answers a second.
inline bool IsLoad(BenchKind kind) {
  return kind == BenchKind::kPointLoad || kind == BenchKind::kPutLoad;
}

/// One kind of work that all contenders do.
struct BenchWork {
  std::string name;  ///< "read all"
  std::string what;  ///< In a few words more, for people.
  BenchKind kind = BenchKind::kRead;
  std::string sql;               ///< To read.
  bool shows_wire = false;       ///< Whether it matters how many bytes were sent.
  const RowSet* rows = nullptr;  ///< To put.
  int puts = 1;                  ///< Puts of one sample; its time is that of one of them.
  int64_t rows_expected = 0;     ///< 0: not known.
  PointLoad points = {};         ///< To ask for.
  PutLoad put_load = {};         ///< To put together.
};

struct BenchSample {
  int round = 0;
  Sample sample;
  double server_cpu_seconds = 0;  ///< Of the whole sample, divided by its puts or answers.
  int64_t server_peak_bytes = 0;  ///< 0: the server had nothing to do with it.
};

struct BenchResult {
  std::string contender;
  std::vector<BenchSample> samples;
  std::string failure = {};  ///< Why a peer was left out.
};

struct BenchWorkResult {
  BenchWork work;
  int64_t rows = 0;  ///< That each reads or puts; of a point load 0, of puts together one put's.
  int64_t bytes = 0;
  std::vector<BenchResult> results;
};

/// Runs `work` in `rounds` rounds. Every round visits all contenders in an order of its own; one
/// more round comes first and is thrown away. Before each sample that writes, what others wrote is
/// on disk already.
Result<BenchWorkResult> RunRounds(const BenchWork& work,
                                  const std::vector<BenchContender>& contenders, int rounds);

/// Of the samples' figures; 0 without samples.
double MedianSeconds(const BenchResult& result);
double MedianP99Seconds(const BenchResult& result);
double MedianPerSecond(const BenchResult& result);
double MeanServerCpuSeconds(const BenchResult& result);

}  // namespace arrowport::cli
