#include "cli/demo_two_servers.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "cli/figures.h"
#include "cli/heading.h"
#include "cli/interruptible.h"
#include "cli/progress.h"
#include "cli/server_process.h"
#include "cli/server_url.h"
#include "cli/temporary_folder.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "client/address.h"
#include "client/client.h"
#include "server/install_tree.h"
#include "server/version.h"
#include "stream/file.h"
#include "stream/generator.h"

namespace arrowport::cli {
namespace {

using ReaderPtr = std::shared_ptr<arrow::RecordBatchReader>;

constexpr const char* kFlightsName = "nycflights13/flights.csv.gz";
constexpr int64_t kFlightsMadeUp = 336'776;
constexpr int64_t kSmallRows = 5;

/// A server of the tour and a connection to it.
struct Station {
  std::unique_ptr<ServerProcess> server;
  std::unique_ptr<client::Client> client;

  [[nodiscard]] const std::string& url() const { return server->flight_url(); }
};

struct Timing {
  std::string work;
  std::string way;
  int64_t rows = 0;
  int64_t bytes = 0;
  double seconds = 0;
};

/// One run of the tour.
class Tour {
 public:
  Tour(const TwoServerOptions& options, std::string folder, std::stop_token stop)
      : options_(options), folder_(std::move(folder)), stop_(std::move(stop)) {}

  Status Run() {
    ARROW_ASSIGN_OR_RAISE(first_, StartServer(options_.first, "server1"));
    ARROW_ASSIGN_OR_RAISE(second_, StartServer(options_.second, "server2"));
    PrintHeading("arrowport " + std::string(server::Version()) + ", two servers",
                 "1: " + first_.url() + ", database " + options_.first.database +
                     "\n2: " + second_.url() + ", database " + options_.second.database);
    ARROW_RETURN_NOT_OK(CopySmallTable());
    ARROW_RETURN_NOT_OK(MoveFlights());
    return TimeAll();
  }

 private:
  Result<Station> StartServer(const TourServer& wanted, const std::string& name) {
    ARROW_ASSIGN_OR_RAISE(const client::Address address, client::ParseAddress(wanted.location));
    if (address.scheme != client::Scheme::kGrpc) {
      return MakeError(
          ErrorKind::kInvalidInput,
          "'" + wanted.location + "' is no location of Flight; write grpc://host:port");
    }
    ServerProcessOptions serving = {.database = wanted.database,
                                    .folder = folder_ + "/" + name,
                                    .host = address.host,
                                    .flight_port = address.port,
                                    .flags = {"--transfer-hosts", "*"}};
    std::error_code error;
    std::filesystem::create_directories(serving.folder, error);
    if (error) return MakeError(ErrorKind::kInternal, serving.folder + ": " + error.message());
    Station station;
    auto server = ServerProcess::Start(serving);
    if (!server.ok()) return WithContext(wanted.location, server.status());
    station.server = *std::move(server);
    client::ClientOptions connecting;
    ARROW_ASSIGN_OR_RAISE(connecting.credentials, ReadAuth(options_.auth));
    ARROW_ASSIGN_OR_RAISE(station.client, client::Client::Connect(station.url(), connecting));
    return station;
  }

  [[nodiscard]] client::QueryRequest RequestFor(const std::string& sql) const {
    client::QueryRequest request;
    request.sql = sql;
    request.stop = stop_;
    request.aligned = false;
    return request;
  }

  // Takes all rows of `reader`, and keeps none.
  static Status CountRows(arrow::RecordBatchReader& reader, Timing* timing) {
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
      if (batch == nullptr) return Status::OK();
      timing->rows += batch->num_rows();
      timing->bytes += BytesOf(*batch);
    }
  }

  Status RunSql(const Station& station, const std::string& sql) const {
    ARROW_ASSIGN_OR_RAISE(const ReaderPtr rows, station.client->Query(RequestFor(sql)));
    Timing ignored;
    return CountRows(*rows, &ignored);
  }

  // Its rows, through this process.
  Result<client::PutAnswer> Transfer(const std::string& table,
                                     const client::PutProgress& progress) {
    client::QueryRequest request = RequestFor("FROM " + table);
    request.ordered = false;
    request.parallel = true;
    ARROW_ASSIGN_OR_RAISE(const ReaderPtr rows, first_.client->Query(request));
    return second_.client->Put(table, *rows, progress);
  }

  // Its rows, fetched by the second server itself.
  Result<Timing> TransferDirectly(const std::string& table) {
    const nlohmann::json request = {{"from", first_.url()}, {"table", table}};
    ARROW_ASSIGN_OR_RAISE(const auto answers, second_.client->Act("transfer", request.dump()));
    const auto answer = nlohmann::json::parse(answers.empty() ? std::string() : answers.front(),
                                              nullptr, /*allow_exceptions=*/false);
    if (!answer.is_object()) return MakeError(ErrorKind::kInternal, "the answer is no JSON");
    Timing timing;
    timing.rows = answer.value("rows", int64_t{0});
    timing.bytes = answer.value("bytes", int64_t{0});
    return timing;
  }

  Status CopySmallTable() {
    PrintHeading("A small table, put into server 1 and copied to server 2",
                 "As `arrowport transfer` does it: its rows pass this process.");
    const auto rows = stream::MakeGenerator({.rows = kSmallRows});
    ARROW_RETURN_NOT_OK(first_.client->Put("small", *rows, {}).status());
    ARROW_ASSIGN_OR_RAISE(const client::PutAnswer copied, Transfer("small", {}));
    std::cout << "  small: " << Plural(copied.rows, "row") << " on both servers\n" << std::flush;
    return ExpectRows("small", copied.rows, kSmallRows);
  }

  // Real flights where they are at hand.
  Result<std::string> MakeParquet() const {
    std::string path = folder_ + "/flights.parquet";
    std::unique_ptr<stream::FileSource> file;
    ReaderPtr rows = stream::MakeGenerator({.rows = kFlightsMadeUp});
    if (const std::optional<std::string> flights = server::FindShared(kFlightsName)) {
      ARROW_ASSIGN_OR_RAISE(file, stream::OpenFileSource(*flights));
      rows = file->reader();
    }
    ARROW_ASSIGN_OR_RAISE(const auto sink,
                          stream::OpenFileSink(path, stream::FileFormat::kParquet, rows->schema()));
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(rows->ReadNext(&batch));
      if (batch == nullptr) break;
      ARROW_RETURN_NOT_OK(sink->Write(batch));
    }
    ARROW_RETURN_NOT_OK(sink->Close());
    return path;
  }

  Status MoveFlights() {
    PrintHeading("A Parquet file of flights, loaded into server 1 and moved to server 2",
                 "Server 2 fetches the rows itself: they do not pass this process.");
    ARROW_ASSIGN_OR_RAISE(const std::string path, MakeParquet());
    ARROW_ASSIGN_OR_RAISE(const auto file, stream::OpenFileSource(path));
    ARROW_ASSIGN_OR_RAISE(const client::PutAnswer loaded,
                          first_.client->Put("flights", *file->reader(), {}));
    ARROW_ASSIGN_OR_RAISE(const Timing moved, TransferDirectly("flights"));
    ARROW_RETURN_NOT_OK(RunSql(first_, "DROP TABLE flights"));
    std::cout << "  flights: " << Plural(loaded.rows, "row") << " loaded, "
              << Plural(moved.rows, "row") << " moved\n"
              << std::flush;
    return ExpectRows("flights", moved.rows, loaded.rows);
  }

  Status TimeAll() {
    PrintHeading("get, transfer and exchange of " + Plural(options_.rows, "row"),
                 "id BIGINT, route INTEGER, fare DOUBLE; once each, so a hint.");
    ARROW_RETURN_NOT_OK(RunSql(first_,
                               "CREATE OR REPLACE TABLE trips AS SELECT i AS id, (i % "
                               "1000)::INTEGER AS route, i / 4 AS fare FROM range(" +
                                   std::to_string(options_.rows) + ") r(i)"));
    ARROW_RETURN_NOT_OK(Time("get", "server 1 to here", [this] { return Get(); }));
    ARROW_RETURN_NOT_OK(Time("transfer", "server 1 to 2, through here", [this] { return Copy(); }));
    ARROW_RETURN_NOT_OK(RunSql(second_, "DROP TABLE trips"));
    ARROW_RETURN_NOT_OK(
        Time("transfer", "server 1 to 2, directly", [this] { return TransferDirectly("trips"); }));
    ARROW_RETURN_NOT_OK(Time("exchange", "my_streaming_exchanger of server 2, and back",
                             [this] { return Exchange(); }));
    std::cout << TimingTable();
    return Status::OK();
  }

  Result<Timing> Get() {
    client::QueryRequest request = RequestFor("FROM trips");
    request.ordered = false;
    request.parallel = true;
    ARROW_ASSIGN_OR_RAISE(const ReaderPtr rows, first_.client->Query(request));
    Timing timing;
    ARROW_RETURN_NOT_OK(CountRows(*rows, &timing));
    return timing;
  }

  Result<Timing> Copy() {
    ARROW_ASSIGN_OR_RAISE(const client::PutAnswer answer, Transfer("trips", {}));
    Timing timing;
    timing.rows = answer.rows;
    timing.bytes = answer.bytes;
    return timing;
  }

  Result<Timing> Exchange() {
    ARROW_ASSIGN_OR_RAISE(ReaderPtr sent, first_.client->Query(RequestFor("FROM trips")));
    ARROW_ASSIGN_OR_RAISE(const ReaderPtr rows,
                          second_.client->Exchange("my_streaming_exchanger", std::move(sent)));
    Timing timing;
    ARROW_RETURN_NOT_OK(CountRows(*rows, &timing));
    return timing;
  }

  Status Time(const std::string& work, const std::string& way,
              const std::function<Result<Timing>()>& run) {
    if (stop_.stop_requested()) return MakeError(ErrorKind::kCancelled, "cancelled");
    Progress progress(work);
    progress.Show({.rows = 0, .bytes = 0, .fraction = {}});
    const auto began = std::chrono::steady_clock::now();
    ARROW_ASSIGN_OR_RAISE(Timing timing, run());
    const auto took = std::chrono::steady_clock::now() - began;
    timing.seconds = std::chrono::duration<double>(took).count();
    timing.work = work;
    timing.way = way;
    timings_.push_back(timing);
    return ExpectRows(work, timing.rows, options_.rows);
  }

  static Status ExpectRows(const std::string& what, int64_t rows, int64_t expected) {
    if (rows == expected) return Status::OK();
    return MakeError(ErrorKind::kInternal,
                     what + ": " + Count(rows) + " of " + Plural(expected, "row"));
  }

  [[nodiscard]] std::string TimingTable() const {
    TextTable table = {.columns = {{"work", "", Align::kLeft},
                                   {"way", "", Align::kLeft},
                                   {"rows", "", Align::kRight},
                                   {"time", "", Align::kRight},
                                   {"rows/s", "", Align::kRight},
                                   {"MB/s", "", Align::kRight}},
                       .rows = {},
                       .gap_before = {}};
    constexpr double kMega = 1e6;
    for (const Timing& timing : timings_) {
      table.rows.push_back({timing.work, timing.way, Count(timing.rows), Seconds(timing.seconds),
                            RoughCount(static_cast<double>(timing.rows) / timing.seconds),
                            Count(static_cast<int64_t>(static_cast<double>(timing.bytes) /
                                                       timing.seconds / kMega))});
    }
    return Render(table, StandardOutput()).text;
  }

  const TwoServerOptions& options_;
  const std::string folder_;
  const std::stop_token stop_;
  Station first_;
  Station second_;
  std::vector<Timing> timings_;
};

}  // namespace

Status DemoTwoServers(const TwoServerOptions& options) {
  return RunInterruptible([&](const std::stop_token& stop) -> Status {
    ARROW_ASSIGN_OR_RAISE(const TemporaryFolder folder,
                          TemporaryFolder::Make(SystemTemporaryFolder(), "arrowport-tour"));
    const auto began = std::chrono::steady_clock::now();
    ARROW_RETURN_NOT_OK(Tour(options, folder.path(), stop).Run());
    const auto took = std::chrono::steady_clock::now() - began;
    std::cout << '\n'
              << Painted(StandardOutput(), Paint::kGreen, "Done") << " in "
              << Seconds(std::chrono::duration<double>(took).count()) << ".\n";
    return Status::OK();
  });
}

}  // namespace arrowport::cli
