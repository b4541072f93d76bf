#include "flight/server.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/door.h"
#include "flight/handshake.h"
#include "flight/running_calls.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

std::string AddressOf(const FlightOptions& options) {
  return options.host + ":" + std::to_string(options.port);
}

Status Check(const FlightOptions& options) {
  if (options.host.empty()) {
    return MakeError(ErrorKind::kInvalidInput, "the Flight host is empty");
  }
  if (options.port < 0 || options.port > 65'535) {
    return MakeError(ErrorKind::kInvalidInput, "the Flight port " + std::to_string(options.port) +
                                                   " is not one of 0 to 65535");
  }
  if (options.calls_max < 1 || options.message_bytes_max < 1 || options.put_idle_max.count() < 1 ||
      options.read_idle_max.count() < 1) {
    return MakeError(ErrorKind::kInvalidInput, "the limits of Flight must be positive");
  }
  return Status::OK();
}

Result<arrow::flight::Location> LocationOf(const FlightOptions& options) {
  const bool is_ipv6 = options.host.find(':') != std::string::npos && options.host.front() != '[';
  const std::string host = is_ipv6 ? "[" + options.host + "]" : options.host;
  return arrow::flight::Location::ForGrpcTcp(host, options.port);
}

}  // namespace

class FlightServer::Impl {
 public:
  Impl(const FlightOptions& options, std::shared_ptr<service::Service> service,
       observe::Metrics& metrics)
      : calls_(std::make_shared<RunningCalls>(
            RunningCallsOptions{.calls_max = options.calls_max,
                                .put_idle_max = options.put_idle_max,
                                .read_idle_max = options.read_idle_max},
            metrics)),
        door_(std::move(service), metrics,
              {.message_bytes_max = options.message_bytes_max,
               .small_put_bytes_max = options.small_put_bytes_max}) {}

  // Flight serves from Init on; its Serve() only waits for signals, which are the server room's.
  Status Start(const FlightOptions& options) {
    ARROW_ASSIGN_OR_RAISE(auto location, LocationOf(options));
    arrow::flight::FlightServerOptions flight_options(location);
    flight_options.middleware.emplace_back(RunningCall::kName, calls_);
    flight_options.middleware.emplace_back(BearerHeaders::kName, std::make_shared<BearerHeaders>());
    flight_options.auth_handler = std::make_shared<Handshake>();
    const Status status = door_.Init(flight_options);
    started_ = status.ok();
    if (started_) calls_->SetPort(door_.port());
    return status;
  }

  [[nodiscard]] int port() const { return door_.port(); }

  Status Stop(Clock::time_point deadline) {
    Status status;
    std::call_once(stop_once_, [&] {
      if (!started_) return;
      LetAnswersArrive(deadline);
      // gRPC goes by the calendar's clock.
      const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
      const auto until = std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
      status = door_.Shutdown(&until);
    });
    return status;
  }

 private:
  // A call that is over here may still be on its way to its client, and gRPC closes connections
  // without a look at that: the client would lose the end of its result.
  void LetAnswersArrive(Clock::time_point deadline) {
    constexpr std::chrono::milliseconds kArrivalTime{100};
    if (calls_->WaitUntilNoneRuns(Clock::now())) return;
    if (!calls_->WaitUntilNoneRuns(deadline)) return;
    std::this_thread::sleep_for(kArrivalTime);
  }

  // Constant after Start. The calls outlive the door, whose end waits for the last of them.
  const std::shared_ptr<RunningCalls> calls_;
  Door door_;
  bool started_ = false;

  std::once_flag stop_once_;
};

Result<std::unique_ptr<FlightServer>> FlightServer::Start(const FlightOptions& options,
                                                          std::shared_ptr<service::Service> service,
                                                          observe::Metrics& metrics) {
  ARROW_RETURN_NOT_OK(Check(options));
  auto impl = std::make_unique<Impl>(options, std::move(service), metrics);
  const Status status = impl->Start(options);
  if (!status.ok()) {
    return MakeError(ErrorKind::kUnavailable, "cannot listen for Flight on " + AddressOf(options) +
                                                  ": " + status.message() + "; is the port taken?");
  }
  return std::unique_ptr<FlightServer>(new FlightServer(std::move(impl)));
}

FlightServer::FlightServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

FlightServer::~FlightServer() { (void)Stop(Clock::now()); }

int FlightServer::port() const { return impl_->port(); }

Status FlightServer::Stop(Clock::time_point deadline) { return impl_->Stop(deadline); }

}  // namespace arrowport::flight
