#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "cli/backoff.h"
#include "cli/circuit_breaker.h"
#include "client/client.h"

namespace arrowport::cli {

struct PatienceOptions {
  /// For how long a call is tried again after its first failure.
  std::chrono::milliseconds give_up_after{300'000};
  BackoffOptions backoff = {};
  CircuitBreakerOptions breaker = {};
};

/// What the patient clients of one command share.
struct SharedPatience {
  SharedPatience(std::string server_url, const PatienceOptions& patience_options)
      : url(std::move(server_url)), options(patience_options), breaker(options.breaker) {}

  const std::string url;
  const PatienceOptions options;
  CircuitBreaker breaker;
  std::atomic<bool> reached = false;  ///< The server has answered somebody.
  /// Told, in a sentence, what people should know while they wait. From any thread.
  std::function<void(const std::string&)> tell = [](const std::string&) {};
};

/// Whether what failed so may succeed a moment later: the server was away, or had no room.
bool MayPass(const Status& status);

/// A client whose calls survive a server that is away for a while. One thread at a time.
class PatientClient {
 public:
  /// Calls, with a client that is connected, and with how often it failed before.
  using Call = std::function<Status(client::Client& client, int failures)>;

  /// `shared` must outlive it. The jitter of its pauses comes from `seed`.
  PatientClient(SharedPatience& shared, uint64_t seed, std::stop_token stop);

  /// Runs `call`, and again when it fails in a way that may pass: with pauses that grow, no sooner
  /// than the server asks for, and none of it while all senders pause. A server that nobody has
  /// reached yet is not waited for.
  /// \return its success, or the last failure; kCancelled when the stop was requested.
  Status Run(const Call& call);

  /// Runs `call` a single time, at once, whether the stop was requested or not: for what cannot be
  /// done again, or is the last to be done.
  Status RunOnce(const Call& call);

 private:
  Status WaitForTurn() const;
  Status Try(const Call& call, int failures);
  Status Sleep(Clock::duration duration) const;

  // Constant after construction.
  SharedPatience& shared_;
  const std::stop_token stop_;

  Backoff backoff_;
  std::unique_ptr<client::Client> client_;
  std::optional<std::chrono::milliseconds> asked_;  // By the server, with the last failure.
};

}  // namespace arrowport::cli
