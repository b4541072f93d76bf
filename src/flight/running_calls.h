#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_set>

#include <arrow/flight/server.h>
#include <arrow/flight/server_middleware.h>

#include "base/call_control.h"
#include "base/error.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {

class RunningCalls;

/// One call, from its first header to its final status. It belongs to the thread that gRPC runs the
/// call on, except where said.
class RunningCall final : public arrow::flight::ServerMiddleware {
 public:
  /// The name under which Flight keeps it.
  static constexpr char kName[] = "arrowport-call";

  /// The call that `context` is of.
  static RunningCall& Of(const arrow::flight::ServerCallContext& context);

  RunningCall(RunningCalls& calls, arrow::flight::FlightMethod method,
              const arrow::flight::ServerCallContext& context);
  ~RunningCall() override;
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

  /// What the service is told of this call. Its stop token is asked to stop once the client is
  /// gone. A deadline ends the wait for the client, too.
  [[nodiscard]] service::Call ForService(
      std::optional<std::chrono::milliseconds> timeout = std::nullopt);

  /// The same for statements of Flight SQL, which are of the client's session, and of the
  /// transaction of that handle.
  [[nodiscard]] service::Call ForSql(const std::string& transaction = {});

  /// `status` as Flight sends it; the kind of a failure is kept for the trailer and the metrics.
  /// Everything that a handler answers goes through here.
  Status Answer(const Status& status);

  /// Whether the client is there no more, or has cancelled. gRPC ends a broken stream of messages
  /// just like a finished one, so who takes an end for the true end has to ask.
  [[nodiscard]] bool ClientIsGone() const;

  /// Says that the thread enters gRPC, for the client to send or take something, and that it is
  /// back.
  void BeginWaitingForClient();
  void EndWaitingForClient();

  /// Says that the call has failed and only waits for the client to take that: when it has not
  /// within a second, its connection is broken.
  void HurryClient();

  /// Why the watcher asked the call to stop; OK when it did not.
  [[nodiscard]] Status stop_reason() const;

  // As Flight calls them.
  [[nodiscard]] std::string name() const override { return kName; }
  void SendingHeaders(arrow::flight::AddCallHeaders* headers) override;
  void CallCompleted(const Status& status) override;

 private:
  friend class RunningCalls;

  /// Why the call should end at `now`; OK when it should go on. Called by the watcher.
  [[nodiscard]] Status ReasonToStop(Clock::time_point now) const;

  /// Whether it was asked to stop and still waits for its client: then only the loss of the
  /// connection ends it. Called by the watcher.
  [[nodiscard]] bool IsStuck(Clock::time_point now) const;

  // Constant after construction.
  RunningCalls& calls_;
  const arrow::flight::FlightMethod method_;
  const arrow::flight::ServerCallContext& context_;
  const std::string request_id_;
  const service::SessionKey session_;

  // Shared with the watcher.
  std::stop_source stop_;
  std::atomic<Clock::rep> waiting_since_{0};  // 0: not waiting for the client.

  // Guarded by the mutex of calls_.
  Status stop_reason_;
  std::optional<Clock::time_point> stopped_at_;
  std::optional<Clock::time_point> deadline_;

  // Of the call's thread.
  std::optional<ErrorKind> failure_;
};

struct RunningCallsOptions {
  int calls_max;
  std::chrono::milliseconds put_idle_max;
  std::chrono::milliseconds read_idle_max;
};

/// All calls that run now, counted, limited and watched.
///
/// gRPC's synchronous interface has no callback for a client that goes away; it can only be asked.
/// A thread that reads from the client or writes to it notices by itself. One that waits for DuckDB
/// does not, so a single watcher asks on behalf of all of those, ten times a second. It also ends
/// the calls that are over for us while their thread still waits for a client that is there and
/// does nothing: it breaks their connection.
class RunningCalls final : public arrow::flight::ServerMiddlewareFactory {
 public:
  /// `metrics` must outlive it.
  RunningCalls(const RunningCallsOptions& options, observe::Metrics& metrics);
  ~RunningCalls() override;

  /// The port that the calls come through, once it is known.
  void SetPort(int port) { port_ = port; }

  /// Blocks until no call runs, or the deadline. \return whether none runs.
  bool WaitUntilNoneRuns(Clock::time_point deadline);

  // As Flight calls it: kOverloaded when as many calls as allowed are running.
  Status StartCall(const arrow::flight::CallInfo& info,
                   const arrow::flight::ServerCallContext& context,
                   std::shared_ptr<arrow::flight::ServerMiddleware>* middleware) override;

 private:
  friend class RunningCall;

  bool Add(RunningCall* call);
  void Remove(RunningCall* call);
  void Watch();

  // Constant after construction.
  const RunningCallsOptions options_;
  observe::Metrics& metrics_;

  std::atomic<int> port_{0};

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable none_runs_;
  std::unordered_set<RunningCall*> calls_;
  bool watcher_sleeps_ = false;  // Until a call comes.
  bool stopping_ = false;

  // Started last, when everything that it uses is there.
  std::thread watcher_;
};

}  // namespace arrowport::flight
