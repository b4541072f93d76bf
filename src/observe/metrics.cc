#include "observe/metrics.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/util/utf8.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace arrowport::observe {
namespace {

// Clients choose the names of streams, and each one costs memory here and in whatever scrapes us.
constexpr size_t kStreamsMax = 1'000;
constexpr size_t kStreamNameBytesMax = 256;
constexpr std::string_view kOtherStreams = "_other";

// From a one-row put in memory to one that fills a disk.
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

prometheus::Family<prometheus::Counter>& AddCounters(prometheus::Registry& registry,
                                                     const std::string& name,
                                                     const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

std::string NameOf(Protocol protocol) { return protocol == Protocol::kRest ? "rest" : "flight"; }

// A page with a byte that is not UTF-8 is refused as a whole.
bool IsFitForLabel(std::string_view name) {
  return name.size() <= kStreamNameBytesMax && arrow::util::ValidateUTF8(name);
}

}  // namespace

class Metrics::Impl {
 public:
  Impl() { arrow::util::InitializeUTF8(); }

  void PutLanded(std::string_view stream, int64_t rows, int64_t bytes, double seconds) {
    const StreamMetrics& metrics = MetricsOf(stream);
    metrics.rows->Increment(static_cast<double>(rows));
    metrics.bytes->Increment(static_cast<double>(bytes));
    metrics.latency->Observe(seconds);
    metrics.puts_landed->Increment();
  }

  void PutRefused(std::string_view stream) { MetricsOf(stream).puts_refused->Increment(); }
  void PutSkipped(std::string_view stream) { MetricsOf(stream).puts_skipped->Increment(); }
  void RowsQuarantined(std::string_view stream, int64_t rows) {
    MetricsOf(stream).rows_quarantined->Increment(static_cast<double>(rows));
  }

  void Answered(Protocol protocol, std::string_view verb, std::string_view outcome) {
    requests_
        .Add({{"protocol", NameOf(protocol)},
              {"verb", std::string(verb)},
              {"outcome", std::string(outcome)}})
        .Increment();
  }

  void RowsSent(int64_t rows) { rows_sent_.Increment(static_cast<double>(rows)); }
  void FileMade() { files_made_.Increment(); }

  prometheus::Gauge& ConnectionsOf(Protocol protocol) {
    return protocol == Protocol::kRest ? rest_connections_ : flight_connections_;
  }

  void AddGauge(const std::string& name, const std::string& help, std::function<double()> read) {
    auto& gauge = prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add({});
    std::lock_guard lock(gauges_mutex_);
    sampled_gauges_.emplace_back(&gauge, std::move(read));
  }

  std::string Page() {
    {
      std::lock_guard lock(gauges_mutex_);
      for (const auto& [gauge, read] : sampled_gauges_) gauge->Set(read());
    }
    std::ostringstream page;
    prometheus::TextSerializer().Serialize(page, registry_.Collect());
    return std::move(page).str();
  }

 private:
  struct StreamMetrics {
    prometheus::Counter* rows;
    prometheus::Counter* bytes;
    prometheus::Counter* puts_landed;
    prometheus::Counter* puts_refused;
    prometheus::Counter* puts_skipped;
    prometheus::Counter* rows_quarantined;
    prometheus::Histogram* latency;
  };

  const StreamMetrics& MetricsOf(std::string_view stream) {
    std::lock_guard lock(streams_mutex_);
    auto found = streams_.find(stream);
    if (found != streams_.end()) return found->second;
    if (streams_.size() >= kStreamsMax || !IsFitForLabel(stream)) stream = kOtherStreams;
    found = streams_.find(stream);
    if (found != streams_.end()) return found->second;
    const std::string name(stream);
    const prometheus::Labels labels{{"stream", name}};
    const StreamMetrics metrics{
        .rows = &rows_.Add(labels),
        .bytes = &bytes_.Add(labels),
        .puts_landed = &puts_.Add({{"stream", name}, {"outcome", "ok"}}),
        .puts_refused = &puts_.Add({{"stream", name}, {"outcome", "refused"}}),
        .puts_skipped = &puts_.Add({{"stream", name}, {"outcome", "skipped"}}),
        .rows_quarantined = &rows_quarantined_.Add(labels),
        .latency = &latencies_.Add(labels, kLatencyBuckets),
    };
    return streams_.emplace(name, metrics).first->second;
  }

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& rows_ =
      AddCounters(registry_, "arrowport_rows_processed_total", "Rows of puts that were committed.");
  prometheus::Family<prometheus::Counter>& bytes_ = AddCounters(
      registry_, "arrowport_bytes_processed_total", "Bytes in memory of puts that were committed.");
  prometheus::Family<prometheus::Counter>& puts_ =
      AddCounters(registry_, "arrowport_puts_total", "Puts, by how they ended.");
  prometheus::Family<prometheus::Counter>& rows_quarantined_ =
      AddCounters(registry_, "arrowport_rows_quarantined_total",
                  "Rows of puts that were committed, but to the quarantine.");
  prometheus::Family<prometheus::Histogram>& latencies_ =
      prometheus::BuildHistogram()
          .Name("arrowport_ingest_latency_seconds")
          .Help("Time from the start of a put until it was committed.")
          .Register(registry_);
  prometheus::Family<prometheus::Counter>& requests_ =
      AddCounters(registry_, "arrowport_requests_total", "Verbs answered, by how they ended.");
  prometheus::Counter& rows_sent_ =
      AddCounters(registry_, "arrowport_result_rows_total", "Rows of results that were sent.")
          .Add({});
  prometheus::Counter& files_made_ =
      AddCounters(registry_, "arrowport_table_files_made_total", "Files that were made of tables.")
          .Add({});
  prometheus::Family<prometheus::Gauge>& connections_ = prometheus::BuildGauge()
                                                            .Name("arrowport_active_connections")
                                                            .Help("Connections that are open now.")
                                                            .Register(registry_);
  prometheus::Gauge& rest_connections_ = connections_.Add({{"protocol", NameOf(Protocol::kRest)}});
  prometheus::Gauge& flight_connections_ =
      connections_.Add({{"protocol", NameOf(Protocol::kFlight)}});

  std::mutex streams_mutex_;
  // Guarded by streams_mutex_; entries stay where they are.
  std::map<std::string, StreamMetrics, std::less<>> streams_;

  std::mutex gauges_mutex_;
  // Guarded by gauges_mutex_.
  std::vector<std::pair<prometheus::Gauge*, std::function<double()>>> sampled_gauges_;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::PutLanded(std::string_view stream, int64_t rows, int64_t bytes, double seconds) {
  impl_->PutLanded(stream, rows, bytes, seconds);
}
void Metrics::PutRefused(std::string_view stream) { impl_->PutRefused(stream); }

void Metrics::PutSkipped(std::string_view stream) { impl_->PutSkipped(stream); }

void Metrics::RowsQuarantined(std::string_view stream, int64_t rows) {
  impl_->RowsQuarantined(stream, rows);
}
void Metrics::Answered(Protocol protocol, std::string_view verb, std::string_view outcome) {
  impl_->Answered(protocol, verb, outcome);
}
void Metrics::RowsSent(int64_t rows) { impl_->RowsSent(rows); }
void Metrics::FileMade() { impl_->FileMade(); }
void Metrics::ConnectionOpened(Protocol protocol) { impl_->ConnectionsOf(protocol).Increment(); }
void Metrics::ConnectionClosed(Protocol protocol) { impl_->ConnectionsOf(protocol).Decrement(); }
void Metrics::AddGauge(const std::string& name, const std::string& help,
                       std::function<double()> read) {
  impl_->AddGauge(name, help, std::move(read));
}
std::string Metrics::Page() const { return impl_->Page(); }

}  // namespace arrowport::observe
