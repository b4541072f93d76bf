#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "base/worker_pool.h"
#include "http/server.h"
#include "http/spool.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::http {

/// What all connections of a server share.
struct Context {
  Context(const HttpOptions& http_options, std::shared_ptr<service::Service> the_service,
          observe::Metrics& the_metrics)
      : options(http_options),
        service(std::move(the_service)),
        metrics(the_metrics),
        spool_space(options.spool_directory, options.spool_bytes_max),
        calls(options.worker_threads_max),
        codecs(static_cast<int>(std::thread::hardware_concurrency()) + 1) {}

  // Constant after construction.
  const HttpOptions options;
  const std::shared_ptr<service::Service> service;
  observe::Metrics& metrics;

  /// Set once: answers close their connections from then on.
  std::atomic<bool> stopping = false;

  SpoolSpace spool_space;

  /// Threads for verbs that block.
  WorkerPool calls;

  /// Threads for work that never waits and takes a while: to decode what came and to encode what
  /// goes. Little more of them than cores, since more would only take turns.
  WorkerPool codecs;
};

}  // namespace arrowport::http
