#include "flight/running_calls.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/flight/middleware.h>
#include <arrow/flight/server.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "flight/call_context.h"
#include "flight/flight_status.h"
#include "flight/handshake.h"
#include "flight/session_key.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMethod;

// A client's death ends its query within a second; asking more often would only cost.
constexpr std::chrono::milliseconds kWatchInterval{100};

// What a client has to take what comes before its error, or to send what nobody needs.
constexpr std::chrono::milliseconds kTimeOfAHurry{1'000};

std::string_view VerbOf(FlightMethod method) {
  switch (method) {
    case FlightMethod::Handshake:
      return "handshake";
    case FlightMethod::ListFlights:
      return "list_flights";
    case FlightMethod::GetFlightInfo:
      return "get_flight_info";
    case FlightMethod::GetSchema:
      return "get_schema";
    case FlightMethod::DoGet:
      return "do_get";
    case FlightMethod::DoPut:
      return "do_put";
    case FlightMethod::DoAction:
      return "do_action";
    case FlightMethod::ListActions:
      return "list_actions";
    case FlightMethod::DoExchange:
      return "do_exchange";
    case FlightMethod::PollFlightInfo:
      return "poll_flight_info";
    case FlightMethod::Invalid:
      break;
  }
  return "unknown";
}

// Of a client that went away the wire only knows that.
Status InOurWords(const Status& failure, const char* gone) {
  const bool is_gone = !failure.ok() && KindOf(failure) == ErrorKind::kCancelled;
  return is_gone ? MakeError(ErrorKind::kCancelled, gone) : failure;
}

}  // namespace

RunningCall& RunningCall::Of(const arrow::flight::ServerCallContext& context) {
  // No handler sees another context, nor one of a call that was refused.
  return *static_cast<const CallContext&>(context).running();
}

RunningCall::RunningCall(RunningCalls& calls, FlightMethod method, CallContext& context)
    : calls_(calls),
      method_(method),
      context_(context),
      request_id_(NewId()),
      session_(SessionOf(method, context)) {}

RunningCall::~RunningCall() { calls_.Remove(this); }

service::Call RunningCall::ForService(std::optional<std::chrono::milliseconds> timeout) {
  service::Call call{.caller = {}, .request_id = request_id_, .control = {}};
  call.control.stop = stop_.get_token();
  if (timeout) {
    call.control.deadline = Clock::now() + *timeout;
    std::lock_guard lock(calls_.mutex_);
    deadline_ = call.control.deadline;
  }
  return call;
}

service::Call RunningCall::ForSql(const std::string& transaction) {
  service::Call call = ForService();
  call.session = session_;
  call.transaction = transaction;
  return call;
}

Status RunningCall::Answer(const Status& status) {
  if (status.ok()) return status;
  // The engine knows that it was asked to stop, but not why.
  const Status reason = stop_reason();
  const Status& answer = KindOf(status) == ErrorKind::kCancelled && !reason.ok() ? reason : status;
  failure_ = KindOf(answer);
  answer_ = ToFlightStatus(answer);
  return answer_;
}

Status RunningCall::ReadFailure(const char* gone) const {
  return InOurWords(context_.ReadFailure(), gone);
}

Status RunningCall::SendFailure(const char* gone) const {
  return InOurWords(context_.wire().failure(), gone);
}

void RunningCall::Flush() { context_.wire().Flush(); }

void RunningCall::BeginWaitingForClient() {
  waiting_since_.store(Clock::now().time_since_epoch().count());
}

void RunningCall::EndWaitingForClient() { waiting_since_.store(0); }

void RunningCall::HurryClient() {
  stop_.request_stop();
  std::lock_guard lock(calls_.mutex_);
  if (!hurried_at_) hurried_at_ = Clock::now();
}

void RunningCall::DropTheRest() {
  HurryClient();
  BeginWaitingForClient();
  for (;;) {
    const auto message = context_.wire().Read();
    if (!message.ok() || *message == nullptr) break;
  }
  EndWaitingForClient();
}

Status RunningCall::stop_reason() const {
  std::lock_guard lock(calls_.mutex_);
  return stop_reason_;
}

Status RunningCall::ReasonToStop(Clock::time_point now) const {
  const Clock::rep since = waiting_since_.load();
  // A thread that waits for the client notices by itself; an exchange waits elsewhere, too.
  const bool may_not_notice = since == 0 || method_ == FlightMethod::DoExchange;
  if (may_not_notice) ARROW_RETURN_NOT_OK(SendFailure("the client went away"));
  if (since == 0) return Status::OK();
  if (deadline_ && now >= *deadline_) {
    return MakeError(ErrorKind::kDeadlineExceeded,
                     "the deadline passed while the client took nothing of the result");
  }
  const auto idle = now - Clock::time_point(Clock::duration(since));
  const RunningCallsOptions& options = calls_.options_;
  const bool takes_input = method_ == FlightMethod::DoPut || method_ == FlightMethod::DoExchange ||
                           method_ == FlightMethod::Handshake;
  if (takes_input && idle > options.put_idle_max) {
    return MakeError(ErrorKind::kRequestTimeout,
                     "the call was rolled back because its client sent nothing for " +
                         std::to_string(options.put_idle_max.count()) + " ms");
  }
  if (method_ == FlightMethod::DoGet && idle > options.read_idle_max) {
    return MakeError(ErrorKind::kRequestTimeout,
                     "the result was ended because its client took nothing of it for " +
                         std::to_string(options.read_idle_max.count()) + " ms");
  }
  return Status::OK();
}

bool RunningCall::IsStuck(Clock::time_point now) const {
  return hurried_at_ && now - *hurried_at_ >= kTimeOfAHurry && waiting_since_.load() != 0;
}

Status RunningCall::End(Status status) {
  // A failure that no handler answered is the library's, which could not read a message; one that
  // only a handler knows of is of a client that was gone.
  if (!status.ok() && !failure_) {
    const Status unread = context_.ReadFailure();
    status = Answer(unread.ok() ? status : unread);
  }
  if (status.ok()) status = answer_;
  const std::string slug = failure_ ? std::string(TraitsOf(*failure_).slug) : "ok";
  if (failure_) context_.AddTrailer(kErrorKindTrailer, slug);
  calls_.metrics_.Answered(observe::Protocol::kFlight, VerbOf(method_), slug);
  calls_.Remove(this);
  return status;
}

RunningCalls::RunningCalls(const RunningCallsOptions& options, observe::Metrics& metrics)
    : options_(options), metrics_(metrics), watcher_([this] { Watch(); }) {}

RunningCalls::~RunningCalls() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  watcher_.join();
}

Result<std::unique_ptr<RunningCall>> RunningCalls::Begin(FlightMethod method,
                                                         CallContext& context) {
  auto call = std::make_unique<RunningCall>(*this, method, context);
  if (!Add(call.get())) {
    const Status refusal =
        MakeError(ErrorKind::kOverloaded, "as many Flight calls as allowed are running (" +
                                              std::to_string(options_.calls_max) +
                                              ", flight.calls_max); try again later");
    const std::string slug(TraitsOf(KindOf(refusal)).slug);
    context.AddTrailer(kErrorKindTrailer, slug);
    metrics_.Answered(observe::Protocol::kFlight, VerbOf(method), slug);
    return ToFlightStatus(refusal);
  }
  context.SetRunning(call.get());
  context.AddHeader(kRequestIdHeader, call->request_id_);
  if (call->session_.is_new) context.AddHeader("set-cookie", CookieOf(call->session_));
  const std::string token = SignInAnswer(method, context);
  if (!token.empty()) context.AddHeader("authorization", token);
  return call;
}

bool RunningCalls::Add(RunningCall* call) {
  std::lock_guard lock(mutex_);
  if (calls_.size() >= static_cast<size_t>(options_.calls_max)) return false;
  calls_.insert(call);
  metrics_.ConnectionOpened(observe::Protocol::kFlight);
  if (watcher_sleeps_) changed_.notify_all();
  return true;
}

void RunningCalls::Remove(RunningCall* call) {
  std::lock_guard lock(mutex_);
  if (calls_.erase(call) > 0) metrics_.ConnectionClosed(observe::Protocol::kFlight);
}

void RunningCalls::Watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    watcher_sleeps_ = calls_.empty();
    changed_.wait(lock, [this] { return stopping_ || !calls_.empty(); });
    watcher_sleeps_ = false;
    if (changed_.wait_for(lock, kWatchInterval, [this] { return stopping_; })) return;
    std::vector<std::stop_source> to_stop;
    LookAtAllLocked(to_stop);
    // Stopping frees what a query holds and may take a moment: not under the lock of all calls.
    lock.unlock();
    for (std::stop_source& stop : to_stop) stop.request_stop();
    lock.lock();
  }
}

void RunningCalls::LookAtAllLocked(std::vector<std::stop_source>& to_stop) {
  const Clock::time_point now = Clock::now();
  for (RunningCall* call : calls_) {
    if (call->IsStuck(now)) call->context_.wire().Interrupt();
    if (call->stop_.stop_requested()) continue;
    Status reason = call->ReasonToStop(now);
    if (reason.ok()) continue;
    call->stop_reason_ = std::move(reason);
    call->context_.wire().Interrupt();
    to_stop.push_back(call->stop_);
  }
}

}  // namespace arrowport::flight
