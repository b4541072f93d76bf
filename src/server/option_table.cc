#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "observe/log.h"
#include "server/data_option.h"
#include "server/option_exchange.h"
#include "server/option_value.h"
#include "server/options.h"
#include "service/staging_options.h"

namespace arrowport::server {
namespace {

using Options = ServerOptions;
using Text = std::string_view;

Status SetHost(Options& options, Text text) {
  if (text.empty()) return MakeError(ErrorKind::kInvalidInput, "a host must not be empty");
  options.http.host = text;
  options.flight.host = text;
  return Status::OK();
}

Status SetFlightPort(Options& options, Text text) {
  uint16_t port = 0;
  ARROW_RETURN_NOT_OK(ReadPort(text, &port));
  options.flight.port = port;
  return Status::OK();
}

Status SetReadIdleTimeout(Options& options, Text text) {
  ARROW_RETURN_NOT_OK(ReadDuration(text, &options.http.read_idle_timeout));
  options.flight.read_idle_max = options.http.read_idle_timeout;
  return Status::OK();
}

// As long as the ledger knows that one has landed.
Status SetPartsLifetime(Options& options, Text text) {
  std::chrono::milliseconds lifetime{0};
  ARROW_RETURN_NOT_OK(ReadDuration(text, &lifetime));
  if (lifetime > service::kPartsLifetimeMax) {
    return MakeError(ErrorKind::kInvalidInput, "must be 24h or less");
  }
  options.service.staging.lifetime = lifetime;
  return Status::OK();
}

// What is set by others than ServerOptions: the program reads it before it resolves the rest.
Status SetNothing(Options& /*options*/, Text /*text*/) { return Status::OK(); }

constexpr NumberRange kPositive = {.min = 1};

std::vector<OptionRow> PlaceRows() {
  return {
      {.name = "config",
       .value_name = "FILE",
       .default_text = "",
       .help = "YAML file with any of these options.",
       .set = SetNothing,
       .in_file = false},
      {.name = "host",
       .value_name = "HOST",
       .default_text = "127.0.0.1",
       .help = "Name or address that both doors listen on; 0.0.0.0 for all of this machine's.",
       .set = SetHost,
       .other_keys = {"api.host"},
       .other_environment = {"ARROWPORT_API_HOST"}},
      {.name = "http_port",
       .value_name = "PORT",
       .default_text = "8888",
       .help = "Port of the HTTP door; 0 takes a free one.",
       .set = [](Options& o, Text text) { return ReadPort(text, &o.http.port); },
       .other_keys = {"api.port"},
       .other_environment = {"ARROWPORT_API_PORT", "ARROWPORT_PORT"}},
      {.name = "flight_port",
       .value_name = "PORT",
       .default_text = "8889",
       .help = "Port of the Arrow Flight door; 0 takes a free one.",
       .set = SetFlightPort,
       .other_flags = {"--port"}},
      {.name = "port_file",
       .value_name = "FILE",
       .default_text = "",
       .help = "File that gets both ports and the process id as JSON once both doors are open, and "
               "that is removed when the server stops.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.port_file); }},
      {.name = "drain_timeout",
       .value_name = "DURATION",
       .default_text = "30s",
       .help = "How long running requests may go on after SIGTERM before they are cancelled.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.drain_timeout); }},
      {.name = "streams",
       .value_name = "FILE",
       .default_text = "",
       .help = "YAML file with rules of streams: their tables, and how rows land there. It is "
               "watched, and read again on SIGHUP. In the configuration the rules may stand under "
               "this key themselves.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.rules.path); },
       .other_environment = {"ARROWPORT_STREAMS_PATH"}},
      {.name = "log_level",
       .value_name = "LEVEL",
       .default_text = "info",
       .help = "Least important lines to log: debug, info, warning, error or off.",
       .set = [](Options& o,
                 Text text) { return observe::ParseLogLevel(text).Value(&o.log_level); }},
      {.name = "log_format",
       .value_name = "FORMAT",
       .default_text = "text",
       .help = "Log lines as text or json.",
       .set = [](Options& o,
                 Text text) { return observe::ParseLogFormat(text).Value(&o.log_format); }},
  };
}

std::vector<OptionRow> DatabaseRows() {
  return {
      {.name = "db",
       .value_name = "FILE",
       .default_text = "arrowport.duckdb",
       .help = "DuckDB file, created when missing; :memory: keeps everything in memory.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.database.path); },
       .other_keys = {"db_path", "duckdb.path"},
       .other_environment = {"ARROWPORT_DB_PATH"}},
      {.name = "memory_limit",
       .value_name = "SIZE",
       .default_text = "0",
       .help = "DuckDB's memory limit; 0 is 80 % of the machine's memory.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.database.memory_bytes_max); }},
      {.name = "threads",
       .value_name = "COUNT",
       .default_text = "0",
       .help = "DuckDB's worker threads; 0 is one per core.",
       .set = [](Options& o, Text text) { return ReadNumber(text, {}, &o.database.threads); }},
      {.name = "planning_bytes_max",
       .value_name = "SIZE",
       .default_text = "256MiB",
       .help = "Memory of all statements' plans together, which is none of memory_limit: to parse "
               "and plan a statement, and to keep its plan until it is over. A statement that "
               "takes more is refused as too large, one that finds too little left as overloaded. "
               "Each has a MiB in any case.",
       .set = [](Options& o,
                 Text text) { return ReadBytes(text, &o.database.planning_bytes_max); }},
      {.name = "planning_time_max",
       .value_name = "DURATION",
       .default_text = "10s",
       .help = "For one statement to be parsed and planned; then it is refused as too large. 0 is "
               "no limit but the call's own.",
       .set = [](Options& o,
                 Text text) { return ReadDuration(text, &o.database.planning_time_max); }},
      {.name = "temp_directory",
       .value_name = "FOLDER",
       .default_text = "",
       .help = "Where DuckDB spills what does not fit in memory; unset: beside the database file.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.database.temp_directory); }},
      {.name = "extension_directory",
       .value_name = "FOLDER",
       .default_text = "",
       .help = "Where DuckDB's signed extensions lie; unset: the ones that came with arrowport.",
       .set = [](Options& o,
                 Text text) { return ReadText(text, &o.database.extension_directory); }},
      {.name = "result_bytes_max",
       .value_name = "SIZE",
       .default_text = "16MiB",
       .help = "Rows that one query may have ready ahead of its reader.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.database.result_bytes_max); }},
      {.name = "server_result_bytes_max",
       .value_name = "SIZE",
       .default_text = "128MiB",
       .help = "Rows that all queries together may have ready; many slow readers leave each other "
               "less, and one more than fit is refused as overloaded.",
       .set = [](Options& o,
                 Text text) { return ReadBytes(text, &o.database.server_result_bytes_max); }},
      {.name = "read_idle_timeout",
       .value_name = "DURATION",
       .default_text = "5m",
       .help = "For a client to take the next batch of its result, over either door; then the "
               "query is cancelled and the connection cut.",
       .set = SetReadIdleTimeout},
      {.name = "put_bytes_max",
       .value_name = "SIZE",
       .default_text = "64MiB",
       .help =
           "Rows that one put which streams may have waiting for the insert, at most a quarter of "
           "ingest.bytes_max.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.database.put_bytes_max); }},
  };
}

std::vector<OptionRow> DiskRows() {
  return {
      {.name = "checkpoint.wal_bytes_max",
       .value_name = "SIZE",
       .default_text = "192MiB",
       .help = "Write-ahead log that is put into the database file even while clients write. They "
               "wait for it, about 2 ms a MiB; a start after a crash takes 8 ms a MiB to read it. "
               "Its rows wait in memory, and never take more than a quarter of DuckDB's.",
       .set = [](Options& o,
                 Text text) { return ReadBytes(text, &o.database.checkpoint.wal_bytes_max); }},
      {.name = "checkpoint.idle",
       .value_name = "DURATION",
       .default_text = "2s",
       .help = "Without a commit, before a log of 1 MiB or more is put into the file anyway.",
       .set = [](Options& o,
                 Text text) { return ReadDuration(text, &o.database.checkpoint.idle); }},
      {.name = "disk_reserve_bytes",
       .value_name = "SIZE",
       .default_text = "256MiB",
       .help = "Kept free on the disk of the database. With less free, puts are refused, and reads "
               "go on; 0 is no reserve. More than checkpoint.wal_bytes_max, so that a checkpoint "
               "finds room.",
       .set = [](Options& o,
                 Text text) { return ReadBytes(text, &o.database.disk_reserve_bytes); }},
  };
}

std::vector<OptionRow> IngestRows() {
  return {
      {.name = "ingest.bytes_max",
       .value_name = "SIZE",
       .default_text = "1GiB",
       .help = "Rows that all puts together may have waiting, at most a quarter of memory_limit: "
               "half of it small puts that wait for their commit, half those that stream. What "
               "finds no room is not read from its "
               "socket, and then refused as overloaded.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.service.ingest.bytes_max); }},
      {.name = "ingest.wait_max",
       .value_name = "DURATION",
       .default_text = "40ms",
       .help = "For a small put to wait for room, before it is refused.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.service.ingest.wait_max); }},
      {.name = "ingest.small_put_bytes_max",
       .value_name = "SIZE",
       .default_text = "1MiB",
       .help = "Up to this a put is committed together with others of its table; one with more "
               "streams, in a transaction of its own.",
       .set = [](Options& o,
                 Text text) { return ReadBytes(text, &o.service.ingest.small_put_bytes_max); }},
      {.name = "ingest.group_bytes_max",
       .value_name = "SIZE",
       .default_text = "32MiB",
       .help = "Rows that are committed together.",
       .set = [](Options& o,
                 Text text) { return ReadBytes(text, &o.service.ingest.group_bytes_max); }},
      {.name = "ingest.parts_directory",
       .value_name = "FOLDER",
       .default_text = "",
       .help =
           "Where the parts of ingests lie until they are committed; unset: beside the database "
           "file, or among temporary files.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.service.staging.directory); }},
      {.name = "ingest.parts_bytes_max",
       .value_name = "SIZE",
       .default_text = "64GiB",
       .help = "Parts of all ingests together.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.service.staging.bytes_max); }},
      {.name = "ingest.parts_lifetime",
       .value_name = "DURATION",
       .default_text = "24h",
       .help = "Without a new part, before an ingest in parts is forgotten; at most 24h.",
       .set = SetPartsLifetime},
  };
}

std::vector<OptionRow> DataRows() {
  return {
      {.name = "parquet_path",
       .value_name = "PATH",
       .default_text = "",
       .help = "Parquet, CSV and JSON files to serve beside the database: a file, a folder, a glob "
               "or an address. All of them are the view `dataset`; each is `file_0`, `file_1` and "
               "so on, and has its own name.",
       .set = [](Options& o,
                 Text text) { return ReadParquetPath(text, &o.database.data_sources); }},
      {.name = "data",
       .value_name = "NAME=GLOB",
       .default_text = "",
       .help = "Files to serve as the view NAME. Once for each view; in the file a list, in the "
               "environment one per line.",
       .set = [](Options& o, Text text) { return ReadDataViews(text, &o.database.data_sources); },
       .is_list = true},
  };
}

std::vector<OptionRow> FileRows() {
  return {
      {.name = "file_cache_bytes_max",
       .value_name = "SIZE",
       .default_text = "1GiB",
       .help =
           "Files of tables that are kept for GET /tables/{name}.parquet and .arrow, all of them "
           "together; a larger one is refused.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.service.files.bytes_max); }},
      {.name = "file_cache_directory",
       .value_name = "FOLDER",
       .default_text = "",
       .help =
           "Where the bytes of these files lie, without a name and gone with the server; unset: "
           "beside the database file, or among temporary files.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.service.files.directory); }},
  };
}

std::vector<OptionRow> HttpSizeRows() {
  return {
      {.name = "http.io_threads",
       .value_name = "COUNT",
       .default_text = "0",
       .help = "Threads that read and write sockets; 0 is one per core.",
       .set = [](Options& o, Text text) { return ReadNumber(text, {}, &o.http.io_threads); }},
      {.name = "http.worker_threads_max",
       .value_name = "COUNT",
       .default_text = "64",
       .help = "Threads for calls that wait for DuckDB.",
       .set = [](Options& o,
                 Text text) { return ReadNumber(text, kPositive, &o.http.worker_threads_max); }},
      {.name = "http.connections_max",
       .value_name = "COUNT",
       .default_text = "1024",
       .help = "Connections at once; one more is answered 503.",
       .set = [](Options& o,
                 Text text) { return ReadNumber(text, kPositive, &o.http.connections_max); }},
      {.name = "http.header_bytes_max",
       .value_name = "SIZE",
       .default_text = "64KiB",
       .help = "Request line and headers; more is answered 413.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.http.header_bytes_max); }},
      {.name = "http.body_bytes_max",
       .value_name = "SIZE",
       .default_text = "0",
       .help = "Body of one ingest, as sent and unpacked; more is answered 413; 0 is no limit.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.http.body_bytes_max); }},
      {.name = "http.unpacked_ratio_max",
       .value_name = "COUNT",
       .default_text = "200",
       .help =
           "How many times its size an ingest with a Content-Encoding may take unpacked, beyond "
           "64 MiB, and the rows of a Parquet file, beyond 1 GiB; more is answered 413; 0 is "
           "no limit.",
       .set = [](Options& o,
                 Text text) { return ReadNumber(text, {}, &o.http.unpacked_ratio_max); }},
      {.name = "http.spool_bytes_max",
       .value_name = "SIZE",
       .default_text = "16GiB",
       .help =
           "Parquet files that are ingested, on disk until they are whole, in temp_directory or "
           "beside the database file; of all of them together.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.http.spool_bytes_max); }},
      {.name = "http.json_put_bytes_max",
       .value_name = "SIZE",
       .default_text = "256MiB",
       .help = "Body of one put as JSON, which is held in memory; more is answered 413.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.http.json_put_bytes_max); }},
      {.name = "http.sql_bytes_max",
       .value_name = "SIZE",
       .default_text = "1MiB",
       .help = "Body of one query; more is answered 413.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.http.sql_bytes_max); }},
      {.name = "http.ipc_message_bytes_max",
       .value_name = "SIZE",
       .default_text = "1GiB",
       .help = "One batch of an ingest, as sent and unpacked; more is answered 413.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.http.ipc_message_bytes_max); }},
  };
}

std::vector<OptionRow> HttpTimeRows() {
  return {
      {.name = "http.header_timeout",
       .value_name = "DURATION",
       .default_text = "10s",
       .help = "For a request's line and headers to arrive; later is answered 408.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.http.header_timeout); }},
      {.name = "http.body_idle_timeout",
       .value_name = "DURATION",
       .default_text = "60s",
       .help = "Without one byte of a body; then the request is answered 408 and rolled back.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.http.body_idle_timeout); }},
      {.name = "http.idle_timeout",
       .value_name = "DURATION",
       .default_text = "75s",
       .help = "Between two requests of a connection; then it is closed.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.http.idle_timeout); }},
      {.name = "http.bulk_read_max_age",
       .value_name = "DURATION",
       .default_text = "0s",
       .help =
           "How long caches may keep the answer of a bulk read without asking whether the table "
           "has changed (Cache-Control).",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.http.bulk_read_max_age); }},
  };
}

std::vector<OptionRow> FlightRows() {
  return {
      {.name = "flight.calls_max",
       .value_name = "COUNT",
       .default_text = "1000",
       .help = "Calls that have something to do at a time, of which no few clients can have all; "
               "one more is refused as overloaded.",
       .set = [](Options& o,
                 Text text) { return ReadNumber(text, kPositive, &o.flight.calls_max); }},
      {.name = "flight.message_bytes_max",
       .value_name = "SIZE",
       .default_text = "1GiB",
       .help = "One incoming batch; a larger one is refused.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.flight.message_bytes_max); }},
      {.name = "flight.put_idle_timeout",
       .value_name = "DURATION",
       .default_text = "5m",
       .help = "For a put that sends nothing; then it is rolled back.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.flight.put_idle_max); }},
      {.name = "flight.ticket_timeout",
       .value_name = "DURATION",
       .default_text = "1m",
       .help =
           "For a ticket of GetFlightInfo that nobody uses or renews; then its result is freed.",
       .set = [](Options& o, Text text) { return ReadDuration(text, &o.service.ticket_lifetime); }},
      {.name = "flight.statement_timeout",
       .value_name = "DURATION",
       .default_text = "1h",
       .help = "For a prepared statement of Flight SQL that nobody uses; then it is forgotten.",
       .set = [](Options& o,
                 Text text) { return ReadDuration(text, &o.service.statement_lifetime); }},
      {.name = "flight.session_timeout",
       .value_name = "DURATION",
       .default_text = "30m",
       .help = "For a session of Flight SQL that nobody uses; then it is ended and rolled back.",
       .set = [](Options& o,
                 Text text) { return ReadDuration(text, &o.service.sessions.session_idle_max); }},
      {.name = "flight.transaction_timeout",
       .value_name = "DURATION",
       .default_text = "5m",
       .help = "For a transaction of Flight SQL that nobody uses; then it is rolled back.",
       .set =
           [](Options& o, Text text) {
             return ReadDuration(text, &o.service.sessions.transaction_idle_max);
           }},
  };
}

std::vector<OptionRow> MakeTable() {
  std::vector<OptionRow> table;
  for (const auto& rows :
       {PlaceRows(), DatabaseRows(), DiskRows(), IngestRows(), DataRows(), FileRows(),
        HttpSizeRows(), HttpTimeRows(), FlightRows(), ExchangeRows()}) {
    table.insert(table.end(), rows.begin(), rows.end());
  }
  return table;
}

constexpr std::array kForeignSettings = {
    ForeignSetting{.key = "duckdb_extensions",
                   .environment_name = "",
                   .note = "needs no setting: arrow and parquet are built in, and other extensions "
                           "are loaded when a statement first needs them"},
    ForeignSetting{.key = "compression",
                   .environment_name = "ARROWPORT_COMPRESSION",
                   .note = "has no effect: clients choose how they compress what they send, and "
                           "DuckDB compresses what it stores"},
    ForeignSetting{.key = "defaults.chunk_size",
                   .environment_name = "",
                   .note = "has no effect: rows are inserted in DuckDB's row groups of 122,880"},
    ForeignSetting{.key = "api.enable_metrics",
                   .environment_name = "ARROWPORT_ENABLE_METRICS",
                   .note = "has no effect: GET /metrics of the HTTP port is always there"},
    ForeignSetting{.key = "api.metrics_port",
                   .environment_name = "",
                   .note = "has no effect: metrics are served by the HTTP port, as GET /metrics"},
};

}  // namespace

std::span<const OptionRow> OptionTable() {
  static const std::vector<OptionRow> kTable = MakeTable();
  return kTable;
}

std::span<const ForeignSetting> ForeignSettings() { return kForeignSettings; }

}  // namespace arrowport::server
