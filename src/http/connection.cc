#include "http/connection.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/dispatch.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "http/answer.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/routes.h"
#include "http/socket.h"
#include "http/transport.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace arrowport::http {
namespace {

// Received at once while a connection is idle; most requests fit whole.
constexpr size_t kFirstReadBytes = size_t{16} * 1024;

// An answer that ends a connection is often sent while its client is still sending. It is listened
// to for this long, so that it comes to read the answer instead of a reset.
constexpr size_t kLingerReadBytes = size_t{64} * 1024;
constexpr auto kLingerTime = std::chrono::seconds(1);

// Refusals go to clients that may not listen.
constexpr auto kRefusalTimeout = std::chrono::seconds(5);

constexpr std::string_view kUnknownVerb = "unknown";

}  // namespace

Connection::Connection(Context& context, Socket socket)
    : context_(context),
      transport_(std::make_shared<Transport>(
          std::move(socket), static_cast<size_t>(context.options.header_bytes_max))) {}

Awaitable<void> Connection::Run() {
  const auto self = shared_from_this();
  try {
    bool more = true;
    while (more) more = co_await ServeRequest();
  } catch (const std::exception& error) {
    observe::Log(observe::LogLevel::kError, "a connection failed", {{"error", error.what()}});
  }
  exchange_ = nullptr;
  transport_->Close();
}

Awaitable<void> Connection::TurnAway(Status status) {
  const auto self = shared_from_this();
  co_await Refuse(std::move(status));
  transport_->Close();
}

void Connection::CloseIfIdle() {
  asio::dispatch(transport_->executor(), [self = shared_from_this()] {
    if (self->idle_) {
      self->transport_->Interrupt(MakeError(ErrorKind::kUnavailable, "the server is stopping"));
    }
  });
}

void Connection::Cut(const Status& reason) {
  asio::dispatch(transport_->executor(), [self = shared_from_this(), reason] {
    self->cut_ = true;
    if (self->exchange_ != nullptr) self->exchange_->Abandon(reason);
    self->transport_->Interrupt(reason);
  });
}

// Waits for the first byte of a request. False: there will be none.
Awaitable<bool> Connection::AwaitRequest() {
  const bool first = std::exchange(first_, false);
  if (transport_->unread().size() > 0) co_return true;
  // The word to stop may have come behind the head of the last answer.
  if (context_.stopping) co_return false;
  // Who has just come has something to say.
  const auto patience = first ? context_.options.header_timeout : context_.options.idle_timeout;
  idle_ = true;
  const Result<size_t> bytes = co_await transport_->ReadMore(kFirstReadBytes, patience);
  idle_ = false;
  co_return bytes.ok() && *bytes > 0;
}

Awaitable<bool> Connection::ServeRequest() {
  const bool there = co_await AwaitRequest();
  // A request that came together with the word to stop is still served.
  if (!cut_) transport_->Resume();
  if (!there) co_return false;
  const Clock::time_point began = Clock::now();
  parser_.emplace();
  Status read = co_await ReadHead(*transport_, *parser_, context_.options);
  if (!read.ok()) {
    co_await Refuse(read);
    co_return false;
  }
  exchange_ = std::make_shared<Exchange>(context_, transport_, *parser_);
  verb_ = kUnknownVerb;
  Status status = co_await Handle(*exchange_);
  co_await Conclude(*exchange_, status, began);
  const bool keep = exchange_->keep_alive() && !cut_;
  exchange_ = nullptr;
  co_return keep;
}

Awaitable<Status> Connection::Handle(Exchange& exchange) {
  const Request& request = exchange.request();
  const Status checked = request.Check();
  if (!checked.ok()) co_return checked;
  Result<RouteMatch> match = FindRoute(RouteTable(), request.method(), request.target().path);
  if (!match.ok()) co_return match.status();
  verb_ = match->route->verb;
  const Status known = CheckParameters(*match->route, request.target());
  if (!known.ok()) co_return known;
  exchange.set_path_parameters(std::move(match->parameters));
  const auto timeout = request.timeout();
  if (timeout.has_value()) exchange.SetTimeout(*timeout);
  co_return co_await match->route->handler(exchange);
}

// Answers what the handler did not, and leaves the connection fit for the next request or closed.
Awaitable<void> Connection::Conclude(Exchange& exchange, Status status, Clock::time_point began) {
  // Why the call was given up tells more than how that looked from within.
  if (!status.ok() && !exchange.abandoned().ok()) status = exchange.abandoned();
  if (!status.ok() && exchange.answered()) {
    // The status line cannot be taken back: break the body, so that nobody takes it for whole.
    transport_->Reset();
    co_return Account(exchange, status, began);
  }
  if (!status.ok() && !cut_) {
    transport_->StopWatching();
    transport_->Resume();
    const Request& request = exchange.request();
    Answer problem = MakeProblem(status, request.target().path, request.id());
    const HeaderFields& fields = exchange.problem_fields();
    problem.fields.insert(problem.fields.end(), fields.begin(), fields.end());
    if (KindOf(status) == ErrorKind::kMethodNotAllowed) {
      problem.fields.emplace_back("Allow", AllowedMethods(RouteTable(), request.target().path));
    }
    (void)co_await exchange.Send(std::move(problem));
  }
  Account(exchange, status, began);
  if (exchange.answered() && !exchange.keep_alive()) co_await Linger();
}

// Answers what is not even a request.
Awaitable<void> Connection::Refuse(Status status) {
  context_.metrics.Answered(observe::Protocol::kRest, kUnknownVerb, TraitsOf(KindOf(status)).slug);
  if (cut_ || KindOf(status) == ErrorKind::kCancelled) co_return;
  const std::string id = NewId();
  const Answer problem = MakeProblem(status, "", id);
  std::string text = FormatHead({.status = problem.status,
                                 .content_type = problem.content_type,
                                 .content_length = problem.body.size(),
                                 .request_id = id,
                                 .keep_alive = false,
                                 .fields = &problem.fields});
  text += problem.body;
  std::array<asio::const_buffer, 1> pieces{asio::buffer(text)};
  const Status written = co_await transport_->Write(pieces, kRefusalTimeout);
  if (written.ok()) co_await Linger();
}

Awaitable<void> Connection::Linger() {
  if (cut_) co_return;
  transport_->StopWatching();
  transport_->EndSending();
  const Clock::time_point end = Clock::now() + kLingerTime;
  std::vector<uint8_t> ignored(kLingerReadBytes);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) co_return;
    const Result<size_t> bytes =
        co_await transport_->ReadSome(asio::buffer(ignored), asio::mutable_buffer(), left);
    if (!bytes.ok() || *bytes == 0) co_return;
  }
}

void Connection::Account(const Exchange& exchange, const Status& status,
                         Clock::time_point began) const {
  const ErrorTraits& traits = TraitsOf(KindOf(status));
  context_.metrics.Answered(observe::Protocol::kRest, verb_, status.ok() ? "ok" : traits.slug);
  const bool fault = !status.ok() && traits.http_status >= 500;
  const std::chrono::duration<double> seconds = Clock::now() - began;
  observe::Log(fault ? observe::LogLevel::kError : observe::LogLevel::kDebug, "request",
               {{"method", std::string(exchange.request().method_name())},
                {"path", exchange.request().target().path},
                {"status", std::to_string(status.ok() ? exchange.status() : traits.http_status)},
                {"request_id", exchange.request().id()},
                {"bytes_sent", std::to_string(exchange.bytes_sent())},
                {"seconds", std::to_string(seconds.count())},
                {"error", status.ok() ? std::string() : status.message()}});
}

}  // namespace arrowport::http
