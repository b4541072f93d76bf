#pragma once

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "base/worker_pool.h"
#include "flight/call_limit.h"
#include "flight/polled_flights.h"
#include "flight/server.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {

/// What all calls of a server share.
struct Context {
  Context(const FlightOptions& flight_options, std::shared_ptr<service::Service> the_service,
          observe::Metrics& the_metrics)
      : options(flight_options),
        service(std::move(the_service)),
        metrics(the_metrics),
        limit(options.calls_max),
        verbs(options.calls_max),
        codecs(std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {}

  // Constant after construction.
  const FlightOptions options;
  const std::shared_ptr<service::Service> service;
  observe::Metrics& metrics;

  CallLimit limit;
  PolledFlights polled;

  /// Threads for verbs that block: one for each call that is in such a verb.
  WorkerPool verbs;

  /// Threads for work that never waits and takes a while: to decode what came, and to compress what
  /// goes.
  WorkerPool codecs;
};

}  // namespace arrowport::flight
