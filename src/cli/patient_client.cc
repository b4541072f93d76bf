#include "cli/patient_client.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "cli/figures.h"
#include "client/client.h"

namespace arrowport::cli {
namespace {

Status Interrupted() { return MakeError(ErrorKind::kCancelled, "interrupted"); }

}  // namespace

bool MayPass(const Status& status) {
  switch (KindOf(status)) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kOverloaded:
    case ErrorKind::kDeadlineExceeded:
    case ErrorKind::kRequestTimeout:
      return !status.ok();
    default:
      return false;
  }
}

PatientClient::PatientClient(SharedPatience& shared, uint64_t seed, std::stop_token stop)
    : shared_(shared), stop_(std::move(stop)), backoff_(shared.options.backoff, seed) {}

Status PatientClient::Run(const Call& call) {
  std::optional<Clock::time_point> failing_since;
  for (int failures = 0;; ++failures) {
    ARROW_RETURN_NOT_OK(WaitForTurn());
    Status status = Try(call, failures);
    if (!MayPass(status)) {
      if (stop_.stop_requested()) {
        shared_.breaker.Withdrew();
      } else {
        shared_.breaker.Succeeded();
      }
      backoff_.Reset();
      return status;
    }
    // Whatever the connection was in the middle of is over.
    client_.reset();
    const auto now = Clock::now();
    failing_since = failing_since.value_or(now);
    if (shared_.breaker.Failed(now)) {
      shared_.tell("sending pauses for " +
                   Seconds(std::chrono::duration<double>(shared_.options.breaker.pause).count()) +
                   ", since " + std::to_string(shared_.options.breaker.failures) +
                   " calls in a row have failed; the last: " + status.message());
    }
    if (!shared_.reached || now - *failing_since >= shared_.options.give_up_after) return status;
    ARROW_RETURN_NOT_OK(Sleep(backoff_.Next(asked_)));
  }
}

Status PatientClient::RunOnce(const Call& call) {
  Status status = Try(call, 0);
  if (!MayPass(status)) {
    shared_.breaker.Succeeded();
  } else {
    client_.reset();
    (void)shared_.breaker.Failed(Clock::now());
  }
  return status;
}

Status PatientClient::Try(const Call& call, int failures) {
  asked_.reset();
  if (client_ == nullptr) {
    ARROW_RETURN_NOT_OK(client::Client::Connect(shared_.url, {}).Value(&client_));
    shared_.reached = true;
  }
  Status status = call(*client_, failures);
  if (!status.ok()) asked_ = client_->retry_after();
  return status;
}

Status PatientClient::WaitForTurn() const {
  for (;;) {
    if (stop_.stop_requested()) return Interrupted();
    const auto wait = shared_.breaker.Ask(Clock::now());
    if (!wait.has_value()) return Status::OK();
    ARROW_RETURN_NOT_OK(Sleep(*wait));
  }
}

Status PatientClient::Sleep(Clock::duration duration) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop_, duration, [] { return false; });
  return stop_.stop_requested() ? Interrupted() : Status::OK();
}

}  // namespace arrowport::cli
