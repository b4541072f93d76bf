#include "flight/flight_call.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/dispatch.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "flight/context.h"
#include "flight/handshake.h"
#include "flight/outcome.h"
#include "flight/session_key.h"
#include "net/socket.h"
#include "observe/metrics.h"
#include "rpc/call.h"
#include "service/service.h"

namespace arrowport::flight {

FlightCall::FlightCall(Context& context, std::string_view verb, bool may_begin_session,
                       std::shared_ptr<rpc::Call> wire)
    : context_(context),
      verb_(verb),
      wire_(std::move(wire)),
      request_id_(NewId()),
      session_(SessionOf(wire_->request(), may_begin_session)),
      signal_(wire_->executor()),
      input_signal_(wire_->executor()) {
  wire_->OnFailure([this] { Failed(); });
}

FlightCall::~FlightCall() { wire_->OnFailure(nullptr); }

void FlightCall::Failed() {
  stop_.request_stop();
  signal_.Set();
  input_signal_.Set();
}

net::Awaitable<Status> FlightCall::Begin(bool has_message) {
  wire_->AddHeader({.name = kRequestIdHeader, .value = request_id_});
  if (session_.is_new) wire_->AddHeader({.name = "set-cookie", .value = CookieOf(session_)});
  const std::string token = SignInAnswer(request());
  if (!token.empty()) wire_->AddHeader({.name = "authorization", .value = token});
  if (has_message) {
    auto first = co_await wire_->Read();
    if (!first.ok()) co_return first.status();
    first_ = *std::move(first);
  }
  auto slot = context_.limit.Enter(request().peer);
  if (!slot.ok()) co_return slot.status();
  slot_ = *std::move(slot);
  context_.metrics.ConnectionOpened(observe::Protocol::kFlight);
  wire_->Admit();
  co_return Status::OK();
}

void FlightCall::End(const Status& status) {
  // The engine knows that it was asked to stop, but not why.
  const bool was_stopped = KindOf(status) == ErrorKind::kCancelled && !wire_->failure().ok();
  const Status& answer = !status.ok() && was_stopped ? wire_->failure() : status;
  const std::string slug = answer.ok() ? "ok" : std::string(TraitsOf(KindOf(answer)).slug);
  rpc::Outcome outcome = OutcomeOf(answer);
  if (!answer.ok()) outcome.trailers.push_back({.name = kErrorKindTrailer, .value = slug});
  context_.metrics.Answered(observe::Protocol::kFlight, verb_, slug);
  if (slot_ != nullptr) context_.metrics.ConnectionClosed(observe::Protocol::kFlight);
  slot_.reset();
  wire_->Finish(outcome);
}

service::Call FlightCall::ForService(std::optional<std::chrono::milliseconds> timeout) {
  service::Call call{.caller = {}, .request_id = request_id_, .control = {}};
  call.control.stop = stop_.get_token();
  if (!timeout) return call;
  call.control.deadline = Clock::now() + *timeout;
  net::asio::dispatch(wire_->executor(), [wire = wire_, deadline = *call.control.deadline] {
    wire->SetDeadline(deadline);
  });
  return call;
}

service::Call FlightCall::ForSql(const std::string& transaction) {
  service::Call call = ForService();
  call.session = session_;
  call.transaction = transaction;
  return call;
}

net::Awaitable<Status> FlightCall::Wait() {
  if (wire_->failure().ok()) co_await signal_.Wait();
  co_return wire_->failure();
}

net::Awaitable<Status> FlightCall::WaitWithInput() {
  if (wire_->failure().ok()) co_await input_signal_.Wait();
  co_return wire_->failure();
}

}  // namespace arrowport::flight
