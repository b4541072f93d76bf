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
#include <vector>

#include <arrow/flight/middleware.h>
#include <arrow/flight/server.h>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/call_context.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {

class RunningCalls;

/// Why a result ends early whose client went away.
inline constexpr char kGoneInAResult[] = "the client went away in the middle of a result";

/// One call, from its first header to its final status. It belongs to the thread that runs the
/// call, except where said.
class RunningCall {
 public:
  /// The call that `context` is of.
  static RunningCall& Of(const arrow::flight::ServerCallContext& context);

  /// See RunningCalls::Begin.
  RunningCall(RunningCalls& calls, arrow::flight::FlightMethod method, CallContext& context);
  ~RunningCall();
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

  /// Why nothing more could be read; OK at the client's own end. Flight ends a broken stream just
  /// like a finished one, so who takes an end for the true end has to ask. Of a client that went
  /// away it says `gone`. Only for the thread that reads.
  [[nodiscard]] Status ReadFailure(const char* gone) const;

  /// Why nothing more can be sent, in the same words; OK when it can. For any thread.
  [[nodiscard]] Status SendFailure(const char* gone) const;

  /// Sends what is ready for the client, before the thread waits for more of it.
  void Flush();

  /// Says that the thread waits for the client to send or take something, and that it is back.
  void BeginWaitingForClient();
  void EndWaitingForClient();

  /// Says that the call only waits for its client, to take what comes before its error or to send
  /// what nobody needs: after a second it waits no more.
  void HurryClient();

  /// Drops what the client still sends, after its answer, for up to a second. A call that ends
  /// while its client sends makes that fail, and Arrow's own client then drops the answer.
  void DropTheRest();

  /// Why the watcher asked the call to stop; OK when it did not.
  [[nodiscard]] Status stop_reason() const;

  /// Counts the call as over, whose handler gave `status`. \return what the client is told.
  Status End(Status status);

 private:
  friend class RunningCalls;

  /// Why the call should end at `now`; OK when it should go on. Called by the watcher.
  [[nodiscard]] Status ReasonToStop(Clock::time_point now) const;

  /// Whether it was hurried and still waits for its client. Called by the watcher.
  [[nodiscard]] bool IsStuck(Clock::time_point now) const;

  // Constant after construction.
  RunningCalls& calls_;
  const arrow::flight::FlightMethod method_;
  CallContext& context_;
  const std::string request_id_;
  const service::SessionKey session_;

  // Shared with the watcher.
  std::stop_source stop_;
  std::atomic<Clock::rep> waiting_since_{0};  // 0: not waiting for the client.

  // Guarded by the mutex of calls_.
  Status stop_reason_;
  std::optional<Clock::time_point> hurried_at_;
  std::optional<Clock::time_point> deadline_;

  // Of the call's thread.
  std::optional<ErrorKind> failure_;
  Status answer_;  // Of the failure, as Flight sends it.
};

struct RunningCallsOptions {
  int calls_max;
  std::chrono::milliseconds put_idle_max;
  std::chrono::milliseconds read_idle_max;
};

/// All calls that run now, counted, limited and watched.
///
/// A thread that reads from the client or writes to it notices by itself when that goes away. One
/// that waits for DuckDB does not, so a single watcher asks on behalf of all of those, ten times a
/// second. It also interrupts the calls whose thread waits for a client that does nothing.
class RunningCalls {
 public:
  /// `metrics` must outlive it.
  RunningCalls(const RunningCallsOptions& options, observe::Metrics& metrics);
  ~RunningCalls();
  RunningCalls(const RunningCalls&) = delete;
  RunningCalls& operator=(const RunningCalls&) = delete;

  /// Counts a call, and adds the headers that every answer has. `context`, which knows it from then
  /// on, must outlive it.
  /// \return kOverloaded, as the client is told it, when as many calls as allowed are running.
  Result<std::unique_ptr<RunningCall>> Begin(arrow::flight::FlightMethod method,
                                             CallContext& context);

 private:
  friend class RunningCall;

  bool Add(RunningCall* call);
  void Remove(RunningCall* call);
  void Watch();
  void LookAtAllLocked(std::vector<std::stop_source>& to_stop);

  // Constant after construction.
  const RunningCallsOptions options_;
  observe::Metrics& metrics_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<RunningCall*> calls_;
  bool watcher_sleeps_ = false;  // Until a call comes.
  bool stopping_ = false;

  // Started last, when everything that it uses is there.
  std::thread watcher_;
};

}  // namespace arrowport::flight
