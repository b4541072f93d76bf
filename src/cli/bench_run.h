#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/child_process.h"
#include "cli/contender.h"
#include "cli/row_set.h"

namespace arrowport::cli {

/// One of those that do the same work.
struct BenchContender {
  std::string name;  ///< "HTTP C++"
  Contender& contender;
  bool through_server;
};

enum class BenchKind { kRead, kPut };

/// One kind of work that all contenders do.
struct BenchWork {
  std::string name;  ///< "read all"
  std::string what;  ///< In a few words more, for people.
  BenchKind kind = BenchKind::kRead;
  std::string sql;               ///< To read.
  const RowSet* rows = nullptr;  ///< To put.
  int puts = 1;                  ///< Puts of one sample; its time is that of one of them.
  int64_t rows_expected = 0;     ///< 0: not known.
};

struct BenchSample {
  int round = 0;
  Sample sample;
  double server_cpu_seconds = 0;  ///< Of the whole sample, divided by its puts.
  int64_t server_peak_bytes = 0;  ///< 0: the server had nothing to do with it.
};

struct BenchResult {
  std::string contender;
  std::vector<BenchSample> samples;
};

struct BenchWorkResult {
  BenchWork work;
  int64_t rows = 0;
  int64_t bytes = 0;
  std::vector<BenchResult> results;
};

/// Runs `work` in `rounds` rounds. Every round visits all contenders in an order of its own; one
/// more round comes first and is thrown away. Before each sample that writes, what others wrote is
/// on disk already.
Result<BenchWorkResult> RunRounds(const BenchWork& work,
                                  const std::vector<BenchContender>& contenders,
                                  ChildProcess& server, int rounds);

double MedianSeconds(const BenchResult& result);

}  // namespace arrowport::cli
