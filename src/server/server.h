#pragma once

#include <atomic>
#include <memory>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "flight/server.h"
#include "http/server.h"
#include "observe/metrics.h"
#include "server/options.h"
#include "server/port_file.h"
#include "server/rules_watcher.h"
#include "service/service.h"

namespace arrowport::server {

/// A database with both doors open on it: what `arrowport serve` runs, and what demos and tests
/// embed. The process's own matters (log, signals, memory) are the caller's: see `observe/log.h`,
/// `server/stop_signals.h` and `server/allocator.h`.
class Server {
 public:
  /// Opens the database, then both doors, then writes the port file. On a failure whatever was
  /// opened is closed again.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options);

  /// Drains without patience if Drain was not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] int http_port() const;
  [[nodiscard]] int flight_port() const;

  /// Takes no more requests, lets what runs end until `deadline`, cancels what is left then,
  /// writes the log into the database file and closes it. Blocks until all of that is done. The
  /// first call decides; later ones do nothing.
  Status Drain(Clock::time_point deadline);

  /// Reads the rules of streams again. From any thread, once it has started.
  void ReloadRules();

  /// Cancels what runs now, so that a Drain under way ends soon. From any thread.
  void Hurry();

 private:
  Server(ServerOptions options, PortFile port_file);

  Status Open();
  void AddGauges();

  // Constant after Start; later members use earlier ones.
  const ServerOptions options_;
  observe::Metrics metrics_;
  std::shared_ptr<engine::Database> database_;
  std::shared_ptr<service::Service> service_;
  std::unique_ptr<flight::FlightServer> flight_;
  std::unique_ptr<http::HttpServer> http_;
  PortFile port_file_;
  std::unique_ptr<RulesWatcher> rules_watcher_;

  std::atomic<bool> hurried_ = false;
  std::atomic<bool> drained_ = false;
};

}  // namespace arrowport::server
