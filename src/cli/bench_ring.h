#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/bench_run.h"
#include "cli/contender.h"
#include "cli/peer_process.h"
#include "cli/python_worker.h"
#include "cli/server_process.h"
#include "engine/baseline.h"

namespace arrowport::cli {

struct RingOptions {
  std::string database;      ///< With lineitem, points and wide; each that takes part has a copy.
  std::string folder;        ///< For the copies.
  std::string memory_limit;  ///< Of the server; empty: its own default.
  std::string python;        ///< Interpreter; empty: nothing in Python takes part.
  bool peers = true;         ///< Whether other servers do; they need Python.
  std::string gizmosql;      ///< Binary of its server; empty: it does not take part.
};

/// All that take part in a run, and what serves them.
struct BenchRing {
  std::unique_ptr<ServerProcess> server;
  std::unique_ptr<engine::Baseline> baseline;
  std::vector<std::unique_ptr<PeerProcess>> peers;
  std::unique_ptr<PythonWorker> python;  ///< Null without an interpreter.
  std::vector<std::unique_ptr<Contender>> owned;

  std::vector<BenchContender> contenders;
  std::vector<std::string> versions;  ///< Of what takes part besides arrowport itself.
  std::vector<std::string> missing;   ///< Lines that say who does not take part, and why.
};

/// Starts everybody. A peer that is not on this machine, or does not start, is missing.
Result<BenchRing> AssembleRing(const RingOptions& options);

}  // namespace arrowport::cli
