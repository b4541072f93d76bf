#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include <arrow/flight/server.h>
#include <arrow/flight/transport_server.h>

#include "base/error.h"
#include "flight/call_context.h"
#include "flight/running_calls.h"
#include "rpc/call.h"

namespace arrowport::flight {

/// The methods of gRPC's service arrow.flight.protocol.FlightService: reads what they are asked,
/// has it answered, and writes the answers. Safe to use from many threads.
class FlightService {
 public:
  static constexpr std::string_view kName = "arrow.flight.protocol.FlightService";

  /// `handlers` must outlive it.
  FlightService(arrow::flight::FlightServerBase& handlers, std::shared_ptr<RunningCalls> calls);

  /// Runs one call to its end.
  void Run(rpc::Call& wire);

 private:
  // Arrow's side of the methods with batches. They are all that is used of it.
  class Batches final : public arrow::flight::internal::ServerTransport {
   public:
    using ServerTransport::ServerTransport;

    Status Init(const arrow::flight::FlightServerOptions& options,
                const arrow::util::Uri& uri) override;
    Status Shutdown() override { return Status::OK(); }
    Status Shutdown(const std::chrono::system_clock::time_point& /*deadline*/) override {
      return Status::OK();
    }
    Status Wait() override { return Status::OK(); }
    [[nodiscard]] arrow::flight::Location location() const override { return {}; }
  };

  Status Answer(arrow::flight::FlightMethod method, CallContext& context);
  Status AnswerListFlights(CallContext& context);
  Status AnswerDoGet(CallContext& context);
  Status AnswerDoAction(CallContext& context);
  Status AnswerListActions(CallContext& context);

  arrow::flight::FlightServerBase& handlers_;
  const std::shared_ptr<RunningCalls> calls_;
  Batches batches_;
};

}  // namespace arrowport::flight
