#include "flight/server.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "flight/context.h"
#include "flight/flight_data.h"
#include "flight/methods.h"
#include "observe/metrics.h"
#include "rpc/call.h"
#include "rpc/options.h"
#include "rpc/server.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

// Of one connection, which has no more than a third of all running (call_limit.h); few servers
// allow less.
constexpr int kClientCallsMin = 100;

// To send the next byte of a message that was begun: as long as TCP needs when packets are lost.
constexpr std::chrono::milliseconds kHalfMessageMax{30'000};

// What a message has besides a batch: the header of Arrow's format, and metadata.
constexpr int64_t kBesidesBatch = limits::kIpcMetadataBytesMax;

// Messages of protobuf have less than 2 GiB.
constexpr int64_t kMessageBytesMax = 2 * kGiB - 1 - kBesidesBatch;

Status Check(const FlightOptions& options) {
  if (options.host.empty()) {
    return MakeError(ErrorKind::kInvalidInput, "the Flight host is empty");
  }
  if (options.port < 0 || options.port > 65'535) {
    return MakeError(ErrorKind::kInvalidInput, "the Flight port " + std::to_string(options.port) +
                                                   " is not one of 0 to 65535");
  }
  if (options.message_bytes_max > kMessageBytesMax) {
    return MakeError(ErrorKind::kInvalidInput,
                     "flight.message_bytes_max is " + std::to_string(options.message_bytes_max) +
                         ", and can be " + std::to_string(kMessageBytesMax) + " at most");
  }
  if (options.calls_max < 1 || options.message_bytes_max < 1 || options.put_idle_max.count() < 1 ||
      options.read_idle_max.count() < 1) {
    return MakeError(ErrorKind::kInvalidInput, "the limits of Flight must be positive");
  }
  return Status::OK();
}

rpc::ServerOptions OptionsOf(const FlightOptions& options) {
  return {.protocol = "Flight",
          .host = options.host,
          .port = static_cast<uint16_t>(options.port),
          .client_calls_max = std::max(kClientCallsMin, options.calls_max / 3),
          .messages = {.message_bytes_max = options.message_bytes_max + kBesidesBatch,
                       .limit_name = "flight.message_bytes_max",
                       .find_aligned = FindBody},
          .patience = {.message = options.put_idle_max,
                       .half_message = std::min(kHalfMessageMax, options.put_idle_max),
                       .taking = options.read_idle_max}};
}

}  // namespace

class FlightServer::Impl {
 public:
  Impl(const FlightOptions& options, std::shared_ptr<service::Service> service,
       observe::Metrics& metrics)
      : context_(options, std::move(service), metrics) {}

  Status Start() {
    const auto serve = [this](std::shared_ptr<rpc::Call> call) {
      return ServeCall(context_, std::move(call));
    };
    return rpc::Server::Start(OptionsOf(context_.options), serve).Value(&server_);
  }

  [[nodiscard]] int port() const { return server_->port(); }

  void Stop(Clock::time_point deadline) {
    if (server_ != nullptr) server_->Stop(deadline);
  }

 private:
  // What ends first uses what stands above it.
  Context context_;
  std::unique_ptr<rpc::Server> server_;
};

Result<std::unique_ptr<FlightServer>> FlightServer::Start(const FlightOptions& options,
                                                          std::shared_ptr<service::Service> service,
                                                          observe::Metrics& metrics) {
  ARROW_RETURN_NOT_OK(Check(options));
  auto impl = std::make_unique<Impl>(options, std::move(service), metrics);
  ARROW_RETURN_NOT_OK(impl->Start());
  return std::unique_ptr<FlightServer>(new FlightServer(std::move(impl)));
}

FlightServer::FlightServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

FlightServer::~FlightServer() { (void)Stop(Clock::now()); }

int FlightServer::port() const { return impl_->port(); }

Status FlightServer::Stop(Clock::time_point deadline) {
  impl_->Stop(deadline);
  return Status::OK();
}

}  // namespace arrowport::flight
