#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "flight/call_limit.h"
#include "flight/context.h"
#include "net/signal.h"
#include "net/socket.h"
#include "rpc/call.h"
#include "service/service.h"

namespace arrowport::flight {

/// The trailer of a failed call with the slug of its kind.
inline constexpr char kErrorKindTrailer[] = "arrowport-error-kind";

/// The header of every answer with the id under which the call is logged.
inline constexpr char kRequestIdHeader[] = "x-request-id";

/// One call of Flight's, from its first message to its final status: all that a handler is given.
/// It runs on the executor of its connection, but where said.
///
/// A client that leaves, its deadline, and a server that stops end what the call waits for; the
/// handler then returns the reason.
class FlightCall {
 public:
  /// `verb` is how the metrics call it. `may_begin_session`: a client without a session gets one.
  FlightCall(Context& context, std::string_view verb, bool may_begin_session,
             std::shared_ptr<rpc::Call> wire);
  ~FlightCall();
  FlightCall(const FlightCall&) = delete;
  FlightCall& operator=(const FlightCall&) = delete;

  /// Waits until there is something to do: the first message, unless the method has none. Then the
  /// call is counted, and has the headers that every answer has.
  /// \return kOverloaded when as many calls as allowed are running.
  net::Awaitable<Status> Begin(bool has_message);

  /// Ends the call, whose handler gave `status`.
  void End(const Status& status);

  // What came.
  [[nodiscard]] const rpc::Request& request() const { return wire_->request(); }
  /// Null where the client has sent none.
  [[nodiscard]] const std::shared_ptr<arrow::Buffer>& first_message() const { return first_; }
  [[nodiscard]] rpc::Call& wire() { return *wire_; }

  // What to ask. Any thread.
  [[nodiscard]] const FlightOptions& options() const { return context_.options; }
  [[nodiscard]] observe::Metrics& metrics() { return context_.metrics; }
  [[nodiscard]] service::Service& service() { return *context_.service; }
  [[nodiscard]] PolledFlights& polled() { return context_.polled; }

  /// What the service is told of this call. A deadline ends the wait for the client, too. Any
  /// thread.
  [[nodiscard]] service::Call ForService(
      std::optional<std::chrono::milliseconds> timeout = std::nullopt);

  /// The same for statements of Flight SQL, which are of the client's session, and of the
  /// transaction of that handle. Any thread.
  [[nodiscard]] service::Call ForSql(const std::string& transaction = {});

  /// Runs `work`, which may block, on a thread for verbs.
  template <typename Work>
  auto Blocking(Work work) {
    return net::RunOn(context_.verbs, std::move(work));
  }

  /// Runs `work`, which computes and never waits, where it holds up no other call.
  template <typename Work>
  auto Aside(Work work) {
    return net::RunOn(context_.codecs, std::move(work));
  }

  /// A function that ends Wait, from any thread.
  std::function<void()> Waker() { return signal_.Waker(); }

  /// Waits for a Waker. \return why the call is to end, if it is.
  net::Awaitable<Status> Wait();

  /// The same pair for a second coroutine, which takes what comes while the first one answers.
  std::function<void()> InputWaker() { return input_signal_.Waker(); }
  net::Awaitable<Status> WaitWithInput();

 private:
  void Failed();

  Context& context_;
  const std::string_view verb_;
  const std::shared_ptr<rpc::Call> wire_;
  const std::string request_id_;
  const service::SessionKey session_;
  std::stop_source stop_;
  net::Signal signal_;
  net::Signal input_signal_;
  std::unique_ptr<CallLimit::Slot> slot_;
  std::shared_ptr<arrow::Buffer> first_;
};

}  // namespace arrowport::flight
