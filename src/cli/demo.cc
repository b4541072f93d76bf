#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/contender.h"
#include "cli/demo_landing.h"
#include "cli/demo_questions.h"
#include "cli/demo_two_servers.h"
#include "cli/figures.h"
#include "cli/heading.h"
#include "cli/progress.h"
#include "cli/row_set.h"
#include "cli/server_url.h"
#include "cli/temporary_folder.h"
#include "cli/terminal.h"
#include "client/client.h"
#include "engine/baseline.h"
#include "observe/log.h"
#include "server/allocator.h"
#include "server/install_tree.h"
#include "server/options.h"
#include "server/server.h"
#include "server/stop_signals.h"
#include "server/version.h"
#include "stream/file.h"
#include "stream/generator.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  arrowport demo\n"
    "  arrowport demo --dir demo          keep the database: demo/demo.duckdb\n"
    "  arrowport demo --rows 20000000\n"
    "  arrowport demo --two-servers       a tour through two servers: get, transfer and exchange";

constexpr const char* kFlightsName = "nycflights13/flights.csv.gz";

struct DemoOptions {
  std::string folder;
  std::optional<int64_t> rows;
  bool two_servers = false;
  TwoServerOptions tour;
};

constexpr int64_t kRows = 5'000'000;

// The folder of this run, and whether it stays.
struct DemoPlace {
  std::string folder;
  std::optional<TemporaryFolder> temporary;

  [[nodiscard]] std::string Database() const { return folder + "/demo.duckdb"; }
  [[nodiscard]] std::string ReferenceDatabase() const { return folder + "/in_process.duckdb"; }
};

Result<DemoPlace> PlaceOf(const DemoOptions& options) {
  if (options.folder.empty()) {
    ARROW_ASSIGN_OR_RAISE(auto temporary,
                          TemporaryFolder::Make(SystemTemporaryFolder(), "arrowport-demo"));
    std::string folder = temporary.path();
    return DemoPlace{.folder = std::move(folder), .temporary = std::move(temporary)};
  }
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    return MakeError(ErrorKind::kInvalidInput, "'" + options.folder + "': " + error.message());
  }
  DemoPlace place{.folder = options.folder, .temporary = std::nullopt};
  if (std::filesystem::exists(place.Database())) {
    return MakeError(ErrorKind::kConflict, place.Database() +
                                               " is there already; remove it, or choose another "
                                               "--dir");
  }
  return place;
}

Result<std::string> FlightsPath() {
  const std::optional<std::string> path = server::FindShared(kFlightsName);
  if (path.has_value()) return *path;
  return MakeError(ErrorKind::kNotFound,
                   std::string(kFlightsName) +
                       " is missing: it comes with an installed arrowport (share/arrowport) and "
                       "with tools/bootstrap; ARROWPORT_SHARE may name the folder that has it");
}

Result<RowSet> LoadFlights(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto source, stream::OpenFileSource(path));
  Progress progress("loading flights");
  return Collect("flights", *source->reader(), [&](int64_t rows, int64_t bytes) {
    progress.Show({.rows = rows,
                   .bytes = bytes,
                   .fraction = static_cast<double>(source->bytes_read()) /
                               static_cast<double>(source->bytes())});
  });
}

Result<RowSet> MakeEvents(int64_t rows) {
  stream::GeneratorOptions options;
  options.rows = rows;
  Progress progress("generating events");
  return Collect("events", *stream::MakeGenerator(options), [&](int64_t made, int64_t bytes) {
    progress.Show({.rows = made,
                   .bytes = bytes,
                   .fraction = static_cast<double>(made) / static_cast<double>(rows)});
  });
}

Result<std::unique_ptr<server::Server>> StartServer(const DemoPlace& place) {
  server::ServerOptions options = server::DefaultOptions();
  options.database.path = place.Database();
  options.http.port = 0;
  options.flight.port = 0;
  return server::Server::Start(options);
}

// How this program is called from where the user is.
std::string ProgramName() {
  std::error_code error;
  const std::string path = server::ProgramPath();
  const std::string near = std::filesystem::proximate(path, error).string();
  return error || near.starts_with("../..") ? path : near;
}

void Farewell(const DemoPlace& place, const std::string& flights_path) {
  std::error_code error;
  const std::string program = ProgramName();
  const std::string near = std::filesystem::proximate(flights_path, error).string();
  const bool keeps = !place.temporary.has_value();
  PrintHeading(keeps ? "The database stays: " + place.Database() : "All of it is removed again.",
               "To go on:");
  std::cout << "  " << program << " serve --db "
            << (keeps ? place.Database() : std::string("flights.duckdb")) << '\n';
  if (!keeps) {
    std::cout << "  " << program << " ingest \\\n      "
              << (error || near.starts_with("../..") ? flights_path : near)
              << " --stream flights\n";
  }
  std::cout << "  " << program << " query \"FROM flights LIMIT 10\"\n"
            << "  curl http://127.0.0.1:8888/query -H 'Accept: text/csv' \\\n"
            << "      -d 'SELECT dest, count(*) FROM flights GROUP BY dest'\n";
}

Status Show(const DemoPlace& place, server::Server& server, const std::vector<RowSet>& row_sets) {
  const std::string host = "127.0.0.1:";
  ARROW_ASSIGN_OR_RAISE(
      const auto http,
      client::Client::Connect("http://" + host + std::to_string(server.http_port()), {}));
  ARROW_ASSIGN_OR_RAISE(
      const auto flight,
      client::Client::Connect("grpc://" + host + std::to_string(server.flight_port()), {}));
  ARROW_ASSIGN_OR_RAISE(const auto baseline, engine::Baseline::Open(place.ReferenceDatabase(), 0));
  const auto by_http = ThroughClient(*http);
  const auto by_flight = ThroughClient(*flight);
  const auto in_process = InProcess(*baseline);
  const std::vector<DemoWay> ways = {{"HTTP", "", *by_http, false},
                                     {"Flight", "_flight", *by_flight, false},
                                     {"DuckDB in process", "", *in_process, true}};

  PrintHeading("Landing Arrow in DuckDB",
               "Each put is one transaction, on disk when it is answered.");
  ARROW_ASSIGN_OR_RAISE(const auto landed, LandAll(ways, row_sets));
  std::cout << TimingTable(landed);
  PrintHeading("Reading all of it back as Arrow", "SELECT * FROM …");
  ARROW_ASSIGN_OR_RAISE(const auto read, ReadAll(ways, row_sets));
  std::cout << TimingTable(read)
            << Painted(StandardOutput(), Paint::kDim,
                       "x DuckDB: time beside DuckDB's own, in one process; below 1 is faster.\n"
                       "Once each, so a hint: `bench` measures properly.\n");
  return AskQuestions(*http, *flight);
}

Status Demo(const DemoOptions& options) {
  observe::SetUpLog(observe::LogLevel::kError, observe::LogFormat::kText);
  server::ShareOneAllocator();
  ARROW_ASSIGN_OR_RAISE(const std::string flights_path, FlightsPath());
  ARROW_ASSIGN_OR_RAISE(const DemoPlace place, PlaceOf(options));
  const server::StopSignals signals([&](int) {
    constexpr int kInterrupted = 130;
    std::error_code ignored;
    if (place.temporary.has_value()) std::filesystem::remove_all(place.folder, ignored);
    std::_Exit(kInterrupted);
  });
  const auto began = std::chrono::steady_clock::now();
  ARROW_ASSIGN_OR_RAISE(const auto server, StartServer(place));
  PrintHeading("arrowport " + std::string(server::Version()),
               "A fresh server: HTTP on port " + std::to_string(server->http_port()) +
                   ", Flight on port " + std::to_string(server->flight_port()) +
                   ",\nits database in " + place.folder);
  std::vector<RowSet> row_sets(2);
  ARROW_ASSIGN_OR_RAISE(row_sets[0], LoadFlights(flights_path));
  ARROW_ASSIGN_OR_RAISE(row_sets[1], MakeEvents(options.rows.value_or(kRows)));
  std::cout << "  flights  " << Plural(row_sets[0].rows, "flight")
            << " that left New York in 2013 (real)\n"
            << "  events   " << Plural(row_sets[1].rows, "generated row") << '\n';

  const Status shown = Show(place, *server, row_sets);
  ARROW_RETURN_NOT_OK(server->Drain(Clock::now()));
  std::error_code ignored;
  std::filesystem::remove(place.ReferenceDatabase(), ignored);
  ARROW_RETURN_NOT_OK(shown);
  Farewell(place, flights_path);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::cout << '\n'
            << Painted(StandardOutput(), Paint::kGreen, "Done") << " in " << Seconds(seconds)
            << ".\n";
  return Status::OK();
}

Status Visit(const DemoOptions& options) {
  TwoServerOptions tour = options.tour;
  if (options.rows.has_value()) tour.rows = *options.rows;
  return DemoTwoServers(tour);
}

void AddTour(CLI::App& command, DemoOptions& options) {
  TwoServerOptions& tour = options.tour;
  command.add_flag("--two-servers", options.two_servers,
                   "A tour through two servers instead, with these:");
  const auto add = [&](const char* number, TourServer& server) {
    const std::string name = "--server" + std::string(number);
    command
        .add_option(name + "-location", server.location,
                    "Where it serves Flight. [" + server.location + "]")
        ->type_name("URL");
    command.add_option(name + "-db", server.database, "Its DuckDB file. [" + server.database + "]")
        ->type_name("FILE");
  };
  add("1", tour.first);
  add("2", tour.second);
  AddAuth(command, &tour.auth);
}

}  // namespace

void AddDemo(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("demo", "Land and query real data in a fresh database, with timings.");
  command->footer(kExamples);
  auto options = std::make_shared<DemoOptions>();
  command
      ->add_option("--dir", options->folder,
                   "Folder for the database, which then stays. [a temporary one]")
      ->type_name("FOLDER");
  command
      ->add_option("--rows", options->rows,
                   "Generated rows beside the real ones. [5000000; 24000000 with two servers]")
      ->type_name("COUNT")
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()).description(""));
  AddTour(*command, *options);
  command->callback([options, action] {
    *action = [options] { return options->two_servers ? Visit(*options) : Demo(*options); };
  });
}

}  // namespace arrowport::cli
