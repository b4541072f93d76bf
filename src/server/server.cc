#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "flight/server.h"
#include "http/server.h"
#include "observe/log.h"
#include "server/install_tree.h"
#include "server/options.h"
#include "server/port_file.h"
#include "server/remote_servers.h"
#include "server/rules_watcher.h"
#include "server/version.h"
#include "service/router.h"
#include "service/service.h"
#include "stream/incoming_memory.h"

namespace arrowport::server {
namespace {

// What was answered may still be on its way to its clients when nothing runs any more.
constexpr std::chrono::seconds kFlushTimeout(5);
// What was cancelled has an error to take; its clients may not even be reading.
constexpr std::chrono::seconds kErrorFlushTimeout(1);
// Cancelled statements end within milliseconds; this only bounds the wait for a fault.
constexpr std::chrono::seconds kCancelTimeout(10);

// That stream, in half of the memory for puts, at least.
constexpr int64_t kPutsAtOnce = 4;

constexpr std::string_view kInMemory = ":memory:";

Status Stopping() { return MakeError(ErrorKind::kUnavailable, "the server is shutting down"); }

// Rows on their way to DuckDB are beside its own memory, and must not be as much again.
int64_t IncomingBytesMax(const ServerOptions& options) {
  const int64_t ingest_max = options.service.ingest.bytes_max;
  const int64_t memory_max = options.database.memory_bytes_max;
  return memory_max > 0 ? std::min(ingest_max, memory_max / 4) : ingest_max;
}

ServerOptions Completed(ServerOptions options) {
  options.http.version = Version();
  const std::string& path = options.database.path;
  if (options.service.files.directory.empty() && path != kInMemory) {
    options.service.files.directory = path + ".files";
  }
  if (options.service.staging.directory.empty() && path != kInMemory) {
    options.service.staging.directory = path + ".parts";
  }
  std::string& spill_directory = options.service.spill.directory;
  spill_directory = options.database.temp_directory;
  if (spill_directory.empty()) spill_directory = options.service.files.directory;
  options.http.spool_directory = spill_directory;
  auto& ingest = options.service.ingest;
  ingest.bytes_max = IncomingBytesMax(options);
  auto& put_bytes_max = options.database.put_bytes_max;
  put_bytes_max = std::min(put_bytes_max, ingest.bytes_max / kPutsAtOnce);
  ingest.large_put_bytes_max = put_bytes_max;
  options.flight.small_put_bytes_max = ingest.small_put_bytes_max;
  options.service.transfer.servers = MakeRemoteServers();
  if (options.database.extension_directory.empty()) {
    options.database.extension_directory = FindExtensions().value_or("");
  }
  return options;
}

}  // namespace

Server::Server(ServerOptions options, PortFile port_file)
    : options_(std::move(options)), port_file_(std::move(port_file)) {}

Server::~Server() {
  hurried_ = true;
  const Status drained = Drain(Clock::now());
  if (!drained.ok()) {
    observe::Log(observe::LogLevel::kError, "closing failed", {{"error", drained.message()}});
  }
}

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  ARROW_ASSIGN_OR_RAISE(PortFile port_file, PortFile::Prepare(options.port_file));
  std::unique_ptr<Server> server(new Server(Completed(options), std::move(port_file)));
  ARROW_RETURN_NOT_OK(server->Open());
  return server;
}

Status Server::Open() {
  stream::IncomingMemory::OfProcess().SetBytesMax(options_.service.ingest.bytes_max);
  ARROW_ASSIGN_OR_RAISE(database_, engine::Database::Open(options_.database));
  service_ = std::make_shared<service::Service>(database_, metrics_, options_.service);
  ARROW_RETURN_NOT_OK(service_->CheckConfiguration());
  ARROW_ASSIGN_OR_RAISE(rules_watcher_, RulesWatcher::Start(options_.rules, service_->router()));
  AddGauges();
  ARROW_ASSIGN_OR_RAISE(flight_, flight::FlightServer::Start(options_.flight, service_, metrics_));
  ARROW_ASSIGN_OR_RAISE(http_, http::HttpServer::Start(options_.http, service_, metrics_));
  return port_file_.Write({.http = http_port(), .flight = flight_port()});
}

void Server::AddGauges() {
  using engine::Counters;
  const auto add = [&](const char* name, const char* help, int64_t Counters::* counter) {
    metrics_.AddGauge(name, help, [database = database_, counter] {
      return static_cast<double>(database->counters().*counter);
    });
  };
  add("arrowport_running_queries", "Results neither read to their end nor failed.",
      &Counters::running_queries);
  add("arrowport_result_bytes_held", "Bytes of results that wait for their readers.",
      &Counters::result_bytes_held);
  add("arrowport_duckdb_memory_bytes", "Bytes that DuckDB's buffer manager accounts for.",
      &Counters::duckdb_memory_bytes);
  add("arrowport_wal_bytes", "Size of the write-ahead log.", &Counters::wal_bytes);
  add("arrowport_database_open", "1 while the database answers, 0 while it is being opened again.",
      &Counters::open);
  add("arrowport_database_times_reopened",
      "How often the database had failed and was opened again.", &Counters::times_reopened);
  add("arrowport_disk_free_bytes", "Free on the disk of the database.", &Counters::disk_free_bytes);
  const auto add_of_service = [&](const char* name, const char* help,
                                  int64_t (service::Service::*read)() const) {
    // Weak: the service uses the metrics until it goes.
    metrics_.AddGauge(name, help, [weak = std::weak_ptr(service_), read] {
      const auto service = weak.lock();
      return service == nullptr ? 0.0 : static_cast<double>(((*service).*read)());
    });
  };
  using service::Service;
  add_of_service("arrowport_running_puts", "Puts that are neither committed nor rolled back.",
                 &Service::running_puts);
  add_of_service("arrowport_put_bytes_held", "Memory held for the rows of small puts.",
                 &Service::put_bytes_held);
  metrics_.AddGauge(
      "arrowport_incoming_bytes_held",
      "Memory that is held, or granted, for what clients send in a smaller form.",
      [] { return static_cast<double>(stream::IncomingMemory::OfProcess().bytes_held()); });
  add_of_service("arrowport_prepared_statements", "Prepared statements of Flight SQL.",
                 &Service::prepared_statements);
  add_of_service("arrowport_sessions", "Sessions of Flight SQL that have a connection.",
                 &Service::open_sessions);
  add_of_service("arrowport_transactions", "Transactions that clients of Flight SQL have begun.",
                 &Service::open_transactions);
  add_of_service("arrowport_staged_ingests", "Ingests in parts that are open.",
                 &Service::staged_ingests);
  add_of_service("arrowport_staged_bytes", "Parts of ingests on disk.", &Service::staged_bytes);
  const auto add_of_rules = [&](const char* name, const char* help,
                                int64_t service::RulesState::* number) {
    metrics_.AddGauge(name, help, [weak = std::weak_ptr(service_), number] {
      const auto service = weak.lock();
      return service == nullptr ? 0.0 : static_cast<double>(service->router().state().*number);
    });
  };
  using service::RulesState;
  add_of_rules("arrowport_stream_rules", "Rules of streams that are followed.", &RulesState::rules);
  add_of_rules("arrowport_stream_rules_loads", "How often rules of streams were taken.",
               &RulesState::loads);
  add_of_rules("arrowport_stream_rules_refusals",
               "How often rules of streams were not taken, for what was wrong in them.",
               &RulesState::refusals);
  add_of_service("arrowport_file_cache_bytes", "Bytes of the files of tables that are kept.",
                 &Service::file_bytes_held);
}

int Server::http_port() const { return http_->port(); }

int Server::flight_port() const { return flight_->port(); }

void Server::ReloadRules() {
  if (rules_watcher_ != nullptr) rules_watcher_->Reload();
}

void Server::Hurry() {
  hurried_ = true;
  if (service_ != nullptr) service_->CancelAll(Stopping());
}

Status Server::Drain(Clock::time_point deadline) {
  if (drained_.exchange(true) || database_ == nullptr) return Status::OK();
  if (http_ != nullptr) http_->StopAccepting();
  std::chrono::seconds flush_timeout = kFlushTimeout;
  if (service_ != nullptr) {
    service_->StartDraining();
    if (!service_->WaitUntilIdle(deadline)) {
      service_->CancelAll(Stopping());
      service_->WaitUntilIdle(Clock::now() + kCancelTimeout);
      flush_timeout = kErrorFlushTimeout;
    }
  }
  const auto flushed = hurried_ ? Clock::now() : Clock::now() + flush_timeout;
  if (http_ != nullptr) http_->Stop(flushed);
  const Status flight_stopped = flight_ != nullptr ? flight_->Stop(flushed) : Status::OK();
  // The database comes last and is closed whatever the doors say.
  const Status closed = database_->Close();
  return closed.ok() ? flight_stopped : closed;
}

}  // namespace arrowport::server
