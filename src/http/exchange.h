#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/error.h"
#include "http/answer.h"
#include "http/body_reader.h"
#include "http/context.h"
#include "http/gather.h"
#include "http/request.h"
#include "http/spool.h"
#include "http/transport.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

/// One request and its answer: all that a handler is given.
///
/// A handler either sends an answer (Send, or BeginBody … EndBody) and returns what that returned,
/// or returns why it cannot; the connection turns a failure into a problem document, or breaks the
/// connection when the answer has begun.
///
/// The call's deadline and Abandon end whatever the handler awaits; it then returns the reason.
/// Runs on the connection's executor.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  /// `parser` has read the head. `context` and `parser` are kept by reference.
  Exchange(Context& context, std::shared_ptr<Transport> transport, RequestParser& parser);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // What came.
  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] BodyReader& body() { return body_; }

  /// What the `{name}`s of the route's pattern stand for, decoded, in order.
  [[nodiscard]] const std::string& path_parameter(size_t i = 0) const {
    return path_parameters_[i];
  }
  void set_path_parameters(std::vector<std::string> values) {
    path_parameters_ = std::move(values);
  }

  // What to ask.
  [[nodiscard]] const HttpOptions& options() const { return context_.options; }
  [[nodiscard]] observe::Metrics& metrics() { return context_.metrics; }
  [[nodiscard]] service::Service& service() { return *context_.service; }
  [[nodiscard]] const service::Call& call() const { return call_; }

  /// Where bodies wait that cannot be read before they are whole.
  [[nodiscard]] SpoolSpace& spool_space() { return context_.spool_space; }

  /// Ends the call with kDeadlineExceeded after `timeout` from now, in place of an earlier one.
  void SetTimeout(std::chrono::milliseconds timeout);

  /// Takes the deadline off: from here on the service alone says how the call ends.
  void StopClock();

  /// Ends the call with `reason`: wakes the handler, and stops what it asked of the service.
  void Abandon(const Status& reason);

  /// OK, or why the call was abandoned.
  [[nodiscard]] const Status& abandoned() const { return transport_->interrupted(); }

  /// Runs `work`, which may block, on a worker thread.
  template <typename Work>
  auto Blocking(Work work) {
    return RunOn(context_.calls, std::move(work));
  }

  /// Runs `work`, which computes and never waits, where it holds up no other connection.
  template <typename Work>
  auto Aside(Work work) {
    return RunOn(context_.codecs, std::move(work));
  }

  /// The same as long as somebody wants it: when the call is abandoned this returns why at once.
  /// `work`, which must own what it uses, then goes on alone, and what it gives is dropped.
  template <typename Work>
  Awaitable<std::invoke_result_t<Work&>> BlockingWhileWanted(Work work) {
    struct Desk {
      std::mutex mutex;
      std::optional<std::invoke_result_t<Work&>> answer;  // Guarded by mutex.
    };
    const auto desk = std::make_shared<Desk>();
    context_.calls.Post([desk, work = std::move(work), wake = Waker()]() mutable {
      auto answer = work();
      {
        const std::lock_guard lock(desk->mutex);
        desk->answer.emplace(std::move(answer));
      }
      wake();
    });
    for (;;) {
      {
        const std::lock_guard lock(desk->mutex);
        if (desk->answer.has_value()) co_return *std::move(desk->answer);
      }
      Status waited = co_await Wait();
      if (!waited.ok()) co_return waited;
    }
  }

  /// A function that ends Wait, from any thread.
  std::function<void()> Waker() { return signal_.Waker(); }

  /// Waits for a Waker. \return why the call was abandoned meanwhile, if it was.
  Awaitable<Status> Wait();

  /// The same pair for a second coroutine, which reads the body while the first one answers.
  std::function<void()> BodyWaker() { return body_signal_.Waker(); }
  Awaitable<Status> WaitWithBody();

  /// From now on the answer may begin while the body still arrives; whoever does that reads the
  /// body to its end. Bytes that move in one direction are reason for patience in the other.
  void AnswerWhileReading();

  /// Abandons the call with kCancelled when the client leaves, from now on. Behind the body's end.
  void WatchClient();

  // What goes back.
  Awaitable<Status> Send(Answer answer);

  /// The answer's head goes out with the first piece of its body, and alone for HEAD.
  void BeginBody(const BodyHead& head);

  /// One part of the body; nothing of it is kept.
  Awaitable<Status> WriteBody(const stream::Buffers& part);

  /// The last part and the body's end.
  Awaitable<Status> EndBody(const stream::Buffers& part);

  /// Adds a field to the problem document that a failure of the handler becomes.
  void AddToProblem(std::string name, std::string value);
  [[nodiscard]] const HeaderFields& problem_fields() const { return problem_fields_; }

  /// Whether a status line was sent, or may have been.
  [[nodiscard]] bool answered() const { return status_ != 0; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] int64_t bytes_sent() const { return bytes_sent_; }

  /// Whether the connection can take another request behind this one.
  [[nodiscard]] bool keep_alive() const { return keep_alive_ && body_.at_end(); }

 private:
  [[nodiscard]] bool head_only() const { return request_.method() == Method::head; }
  void DecideKeepAlive();
  void AddPart(const stream::Buffers& part);
  Awaitable<Status> Flush();

  Context& context_;
  const std::shared_ptr<Transport> transport_;
  Signal signal_;
  Signal body_signal_;
  const Request request_;
  BodyReader body_;
  std::vector<std::string> path_parameters_;
  service::Call call_;
  std::stop_source stop_;
  std::optional<asio::steady_timer> timer_;

  int status_ = 0;
  bool both_ways_ = false;
  bool keep_alive_ = false;
  Framing framing_ = Framing::kLength;
  HeaderFields problem_fields_;
  Gather gather_;
  int64_t bytes_sent_ = 0;
};

}  // namespace arrowport::http
