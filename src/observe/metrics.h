#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace arrowport::observe {

/// The door that a connection or call came through, as the label of a metric.
enum class Protocol { kRest, kFlight };

/// The numbers that the server keeps of itself, in Prometheus' words. Safe to use from many
/// threads. Names:
///   arrowport_rows_processed_total{stream}, arrowport_bytes_processed_total{stream},
///   arrowport_ingest_latency_seconds{stream} (histogram), arrowport_puts_total{stream,outcome},
///   arrowport_rows_quarantined_total{stream},
///   arrowport_active_connections{protocol="rest"|"flight"},
///   arrowport_requests_total{protocol,verb,outcome}, arrowport_result_rows_total,
///   arrowport_table_files_made_total, and gauges that are sampled when the page is made.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// A put that was committed.
  void PutLanded(std::string_view stream, int64_t rows, int64_t bytes, double seconds);
  void PutRefused(std::string_view stream);

  /// A put that was dropped, because it did not fit its table.
  void PutSkipped(std::string_view stream);
  void RowsQuarantined(std::string_view stream, int64_t rows);

  /// One verb answered; `outcome` is "ok" or an error kind's slug.
  void Answered(Protocol protocol, std::string_view verb, std::string_view outcome);
  void RowsSent(int64_t rows);

  /// A table's file that was made, not one that was there.
  void FileMade();

  void ConnectionOpened(Protocol protocol);
  void ConnectionClosed(Protocol protocol);

  /// A gauge that asks `read` each time the page is made.
  void AddGauge(const std::string& name, const std::string& help, std::function<double()> read);

  /// The page for `GET /metrics`, Prometheus text format 0.0.4.
  [[nodiscard]] std::string Page() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::observe
