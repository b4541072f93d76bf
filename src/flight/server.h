#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {

/// Where and within which bounds the Flight door serves.
struct FlightOptions {
  std::string host = "127.0.0.1";
  int port = 8889;                                  ///< 0: any free one, see port().
  int calls_max = 1'000;                            ///< With something to do; see call_limit.h.
  int64_t message_bytes_max = kGiB;                 ///< Of one incoming batch; larger is kTooLarge.
  std::chrono::milliseconds put_idle_max{300'000};  ///< A put that sends nothing is rolled back.
  std::chrono::milliseconds read_idle_max{300'000};  ///< A client that takes no batch is left.
  /// As in service::IngestOptions: commits with more rows of one producer go one by one.
  int64_t small_put_bytes_max = kMiB;
};

/// The Arrow Flight door: DoPut, DoGet, GetFlightInfo, GetSchema, ListFlights, DoAction.
///
/// What a descriptor or ticket may say:
///   put         path (joined with '.'), a command that is the plain name of the stream, or the
///   JSON
///               command {"stream_name": "…"}
///   info        path: a table or view; command: SQL, or the JSON of a ticket
///   ticket      SQL; JSON {"sql": "…", "params": […], "ordered": true, "endpoints": 4,
///               "timeout_ms": 1000} with all but "sql" optional; JSON {"table": "…"}; or what
///               GetFlightInfo handed out
///
/// GetFlightInfo hands out a ticket per stream of the one result (see service::OfferedResults); the
/// actions RenewFlightEndpoint and CancelFlightInfo take them, too.
///
/// Every answer carries the header `x-request-id`; an error also the trailer
/// `arrowport-error-kind`, the kind's slug, since several kinds share a gRPC status.
class FlightServer {
 public:
  /// Binds and serves; from its return on, calls are answered. `metrics` must outlive the server.
  /// \return kUnavailable with the address when it cannot be bound.
  static Result<std::unique_ptr<FlightServer>> Start(const FlightOptions& options,
                                                     std::shared_ptr<service::Service> service,
                                                     observe::Metrics& metrics);

  /// Stops at once, if Stop was not called.
  ~FlightServer();
  FlightServer(const FlightServer&) = delete;
  FlightServer& operator=(const FlightServer&) = delete;

  /// The port that is bound.
  [[nodiscard]] int port() const;

  /// Takes no more calls, lets the running ones end until `deadline`, and cancels what is left
  /// then. Blocks until no call runs. The first call decides, later ones do nothing.
  Status Stop(Clock::time_point deadline);

 private:
  class Impl;
  explicit FlightServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::flight
