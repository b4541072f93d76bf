#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::http {

/// Where to listen, and the bounds on what clients may take. What is over a bound is answered as
/// said here (413, 408, 503), never with a hang.
struct HttpOptions {
  std::string host = "127.0.0.1";  ///< Name or address; "0.0.0.0" or "::" for all of them.
  uint16_t port = 8888;            ///< 0 takes a free one, see HttpServer::port().
  std::string version = "0.0.0";   ///< Arrowport's own, for `GET /version`.

  int io_threads = 0;           ///< Threads that read and write sockets; 0: one per core.
  int worker_threads_max = 64;  ///< Threads for calls that block.

  int connections_max = 1024;            ///< Beyond: 503 with Retry-After.
  int64_t header_bytes_max = 64 * kKiB;  ///< Request line and header. Beyond: 413.
  /// Of `POST /ingest`, also when its coding is undone; 0: no limit. Beyond: 413.
  int64_t body_bytes_max = 0;
  /// How many times its size a body may take unpacked, once that is large; 0: any. Beyond: 413.
  int unpacked_ratio_max = 200;
  /// Parquet bodies on disk, all together. Beyond: 429, or 413 when one alone is larger.
  int64_t spool_bytes_max = 16 * kGiB;
  std::string spool_directory = {};         ///< For those; empty: the system's for temporary files.
  int64_t json_put_bytes_max = 256 * kMiB;  ///< Body of `POST /stream`. Beyond: 413.
  int64_t sql_bytes_max = kMiB;             ///< Body of `POST /query`. Beyond: 413.
  int64_t ipc_message_bytes_max = kGiB;     ///< One batch of an ingest, also unpacked. Beyond: 413.
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10);     ///< Beyond: 408.
  std::chrono::milliseconds body_idle_timeout = std::chrono::seconds(60);  ///< No byte: 408.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);  ///< Between two requests.
  /// For a client to take one part of its answer, about a batch of rows; then it is cut off.
  std::chrono::milliseconds read_idle_timeout = std::chrono::minutes(5);
  /// How long others may keep the answer of a bulk read without asking again.
  std::chrono::milliseconds bulk_read_max_age{0};
};

/// The HTTP door: HTTP/1.1 (and 1.0) in, verbs of the service out. `http/routes.h` lists what it
/// serves.
///
/// Its threads are its own. A peer that is slow in sending or taking costs a connection and the
/// memory of one batch, never a thread.
class HttpServer {
 public:
  /// Binds and begins to serve. `metrics` must outlive the server.
  /// \return kUnavailable with host and port when they cannot be bound; kInvalidInput for an
  /// option that makes no sense.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpOptions& options,
                                                   std::shared_ptr<service::Service> service,
                                                   observe::Metrics& metrics);

  /// Stops at once, as `Stop` with a deadline that has passed.
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port that is bound.
  [[nodiscard]] uint16_t port() const;

  /// Closes the listening socket. Connections go on.
  void StopAccepting();

  /// Stops accepting, closes connections that wait for a request, lets running requests finish
  /// until `deadline`, then cuts what is left. Returns when no connection is left. Later calls do
  /// nothing.
  void Stop(Clock::time_point deadline);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::http
