#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <arrow/config.h>

#include "base/error.h"
#include "cli/bench_data.h"
#include "cli/bench_markdown.h"
#include "cli/bench_names.h"
#include "cli/bench_report.h"
#include "cli/bench_ring.h"
#include "cli/bench_run.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/machine.h"
#include "cli/row_set.h"
#include "cli/temporary_folder.h"
#include "cli/terminal.h"
#include "client/client.h"
#include "engine/database.h"
#include "observe/log.h"
#include "server/stop_signals.h"
#include "server/version.h"
#include "stream/generator.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Reads, writes, puts and point queries over HTTP and Flight, beside DuckDB in process, in one\n"
    "run: rounds visit all in shuffled order, the first round is thrown away, and what counts are\n"
    "medians and their ratios. Puts and point queries are also measured with up to 64 clients at\n"
    "the same time. The server is a process of its own. With --python, pyarrow and DuckDB's "
    "Python\n"
    "package do the same, and beside them other servers, as far as they are on this machine:\n"
    "Flight servers in Python, DuckDB's quack, PostgreSQL 15, and GizmoSQL. Needs about 10 GB of\n"
    "memory and of disk at scale 1.\n"
    "\n"
    "Examples:\n"
    "  arrowport bench\n"
    "  arrowport bench --rounds 9 --only read --json reads.json\n"
    "  arrowport bench --only 'puts of' --put-seconds 5\n"
    "  arrowport bench --python .deps/bench/bin/python --report benchmarks.md";

struct BenchOptions {
  std::string database;
  std::string folder;
  std::string python;
  std::string gizmosql;
  std::string json_path;
  std::string report_path;
  std::string memory_limit;
  std::vector<std::string> only;
  double scale = 1;
  double point_seconds = 1;
  double put_seconds = 2;
  int rounds = 5;
  bool no_peers = false;
};

struct PutSize {
  int64_t rows;
  int puts;  ///< Of one sample, so that each takes long enough to be measured.
};

constexpr std::array kPutSizes = {PutSize{1'000, 20}, PutSize{100'000, 5}, PutSize{1'000'000, 2}};

// Clients that put at the same time, for sizes of puts.
struct PutLoadSize {
  int64_t rows;
  std::vector<int> clients;
};

// One client with 100,000 rows or more is a work of kPutSizes. More clients than stand here would
// only wait longer for the same cores, with more than a gigabyte of rows under way.
const std::vector<PutLoadSize>& PutLoadSizes() {
  static const std::vector<PutLoadSize> kSizes = {{1, {1, 4, 16, 64}},
                                                  {100, {1, 4, 16, 64}},
                                                  {1'000, {1, 4, 16, 64}},
                                                  {100'000, {4, 16}},
                                                  {1'000'000, {4}}};
  return kSizes;
}

constexpr std::array kPointClients = {1, 8, 64};
constexpr int kManyClients = 64;

// Of `points` and `wide`: a million, or less where lineitem is smaller than at scale 1.
int64_t RowTableRows(double scale) {
  constexpr double kMost = 1'000'000;
  constexpr double kLeast = 1'000;
  return static_cast<int64_t>(std::clamp(kMost * scale, kLeast, kMost));
}

// The works of a run, one after the other; results are printed as they come.
class Bench {
 public:
  Bench(const BenchOptions& options, BenchRing& ring, std::string folder)
      : options_(options), ring_(ring), folder_(std::move(folder)) {}

  Status Reads() {
    const std::string all = "SELECT * FROM lineitem";
    ARROW_RETURN_NOT_OK(Read(kReadAll, all, &TakesPart::reads));
    ARROW_RETURN_NOT_OK(Read(kReadNumbers,
                             "SELECT l_orderkey, l_partkey, l_extendedprice FROM lineitem",
                             &TakesPart::reads));
    ARROW_RETURN_NOT_OK(Read(kReadWide, "SELECT * FROM wide", &TakesPart::reads));
    ARROW_RETURN_NOT_OK(Read(kReadEndpoints, all, &TakesPart::endpoints));
    return Read(kReadCompressed, all, &TakesPart::codecs);
  }

  Status Points() {
    for (const int clients : kPointClients) {
      BenchWork work;
      work.name = PointWorkName(clients);
      if (!Wanted(work.name)) continue;
      work.kind = BenchKind::kPointLoad;
      work.points = {.sql = "SELECT * FROM points WHERE id = ?",
                     .keys = RowTableRows(options_.scale),
                     .clients = clients,
                     .duration = std::chrono::duration<double>(options_.point_seconds)};
      work.what = work.points.sql + ", one of " + Count(work.points.keys) + " rows";
      ARROW_RETURN_NOT_OK(
          Run(work, clients < kManyClients ? &TakesPart::points : &TakesPart::many_points));
    }
    return Status::OK();
  }

  Status WriteAll() {
    if (!Wanted(kWriteAll)) return Status::OK();
    client::QueryRequest request;
    request.sql = "FROM lineitem";
    ARROW_ASSIGN_OR_RAISE(const auto client,
                          client::Client::Connect(ring_.server->flight_url(), {}));
    ARROW_ASSIGN_OR_RAISE(const auto reader, client->Query(request));
    ARROW_ASSIGN_OR_RAISE(const RowSet rows, Collect("lineitem", *reader, [](int64_t, int64_t) {}));
    return Put(kWriteAll, "lineitem into a new table", rows, 1);
  }

  Status Puts() {
    for (const PutSize& size : kPutSizes) {
      const std::string name = PutWorkName(size.rows);
      if (!Wanted(name)) continue;
      ARROW_ASSIGN_OR_RAISE(const RowSet rows, Events(size.rows));
      ARROW_RETURN_NOT_OK(Put(name, "generated events, one durable transaction", rows, size.puts));
    }
    return Status::OK();
  }

  Status PutLoads() {
    for (const PutLoadSize& size : PutLoadSizes()) {
      std::vector<int> wanted;
      std::ranges::copy_if(size.clients, std::back_inserter(wanted),
                           [&](int clients) { return Wanted(PutLoadName(size.rows, clients)); });
      if (wanted.empty()) continue;
      ARROW_ASSIGN_OR_RAISE(const RowSet rows, Events(size.rows));
      ARROW_RETURN_NOT_OK(WithRows(rows, [&] { return PutTogether(rows, wanted); }));
    }
    return Status::OK();
  }

  [[nodiscard]] const std::vector<BenchWorkResult>& results() const { return results_; }

 private:
  [[nodiscard]] bool Wanted(const std::string& name) const {
    return options_.only.empty() || std::ranges::any_of(options_.only, [&](const auto& word) {
             return name.find(word) != std::string::npos;
           });
  }

  Status Read(const std::string& name, const std::string& sql, bool TakesPart::* part) {
    if (!Wanted(name)) return Status::OK();
    BenchWork work;
    work.name = name;
    work.what = sql;
    work.kind = BenchKind::kRead;
    work.sql = sql;
    work.shows_wire = part == &TakesPart::codecs;
    return Run(work, part);
  }

  static Result<RowSet> Events(int64_t rows) {
    stream::GeneratorOptions generated;
    generated.rows = rows;
    return Collect("events_" + std::to_string(rows), *stream::MakeGenerator(generated),
                   [](int64_t, int64_t) {});
  }

  // Runs `works` while Python has `rows` too.
  template <typename Works>
  Status WithRows(const RowSet& rows, const Works& works) {
    if (ring_.python != nullptr) ARROW_RETURN_NOT_OK(ring_.python->Load(rows, folder_));
    ARROW_RETURN_NOT_OK(works());
    return ring_.python != nullptr ? ring_.python->Forget(rows) : Status::OK();
  }

  Status Put(const std::string& name, const std::string& what, const RowSet& rows, int puts) {
    BenchWork work;
    work.name = name;
    work.what = what;
    work.kind = BenchKind::kPut;
    work.rows = &rows;
    work.puts = puts;
    work.rows_expected = rows.rows;
    return WithRows(rows, [&] { return Run(work, &TakesPart::puts); });
  }

  Status PutTogether(const RowSet& rows, const std::vector<int>& clients) {
    for (const int count : clients) {
      BenchWork work;
      work.name = PutLoadName(rows.rows, count);
      work.what = "generated events into one table, each put durable before its client goes on";
      work.kind = BenchKind::kPutLoad;
      work.put_load = {.rows = &rows,
                       .clients = count,
                       .duration = std::chrono::duration<double>(options_.put_seconds)};
      ARROW_RETURN_NOT_OK(Run(work, &TakesPart::put_loads));
    }
    return Status::OK();
  }

  Status Run(const BenchWork& work, bool TakesPart::* part) {
    std::vector<BenchContender> contenders;
    std::ranges::copy_if(ring_.contenders, std::back_inserter(contenders),
                         [&](const BenchContender& by) { return by.takes_part.*part; });
    ARROW_ASSIGN_OR_RAISE(BenchWorkResult result, RunRounds(work, contenders, options_.rounds));
    // The rows of a put are gone when the report is written.
    result.work.rows = nullptr;
    result.work.put_load.rows = nullptr;
    std::cout << '\n' << WorkTable(result, StandardOutput()) << std::flush;
    results_.push_back(std::move(result));
    return Status::OK();
  }

  const BenchOptions& options_;
  BenchRing& ring_;
  const std::string folder_;
  std::vector<BenchWorkResult> results_;
};

std::string VersionsOf(const BenchRing& ring) {
  std::string versions = "arrowport " + std::string(server::Version()) + ", DuckDB " +
                         engine::DuckDbVersion() + ", Arrow " +
                         arrow::GetBuildInfo().version_string;
  for (const std::string& more : ring.versions) versions += "; " + more;
  return versions;
}

// "2026-01-31", where the machine is.
std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::ostringstream text;
  text << std::put_time(&local, "%F");
  return text.str();
}

// The command without what differs from machine to machine.
std::string CommandOf(const BenchOptions& options) {
  std::ostringstream text;
  text << "arrowport bench --rounds " << options.rounds << " --scale " << options.scale;
  for (const std::string& word : options.only) text << " --only '" << word << "'";
  if (!options.python.empty()) text << " --python …";
  if (!options.gizmosql.empty()) text << " --gizmosql …";
  if (options.no_peers) text << " --no-peers";
  if (!options.memory_limit.empty()) text << " --memory-limit " << options.memory_limit;
  return text.str();
}

Status WriteFile(const std::string& path, const std::string& text, const char* what) {
  if (path.empty()) return Status::OK();
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return MakeError(ErrorKind::kInvalidInput, "'" + path + "' cannot be written");
  std::cout << what << ": " << path << '\n';
  return Status::OK();
}

// A file with all tables, in `folder`.
Result<std::string> TablesFor(const BenchOptions& options, const std::string& cache,
                              const std::string& folder) {
  std::string lineitem = options.database;
  if (lineitem.empty()) {
    ARROW_ASSIGN_OR_RAISE(lineitem, LineitemDatabase(cache, options.scale));
  }
  ARROW_ASSIGN_OR_RAISE(std::string tables, CopyOfDatabase(lineitem, folder, "tables"));
  ARROW_RETURN_NOT_OK(AddRowTables(tables, RowTableRows(options.scale)));
  return tables;
}

Status RunBench(const BenchOptions& options) {
  observe::SetUpLog(observe::LogLevel::kError, observe::LogFormat::kText);
  const std::string cache = options.folder.empty() ? CacheFolder() : options.folder;
  ARROW_ASSIGN_OR_RAISE(const TemporaryFolder folder, TemporaryFolder::Make(cache, "bench"));
  const server::StopSignals signals([&](int) {
    constexpr int kInterrupted = 130;
    std::error_code ignored;
    std::filesystem::remove_all(folder.path(), ignored);
    std::_Exit(kInterrupted);
  });
  ARROW_ASSIGN_OR_RAISE(const std::string tables, TablesFor(options, cache, folder.path()));
  ARROW_ASSIGN_OR_RAISE(BenchRing ring, AssembleRing({.database = tables,
                                                      .folder = folder.path(),
                                                      .memory_limit = options.memory_limit,
                                                      .python = options.python,
                                                      .peers = !options.no_peers,
                                                      .gizmosql = options.gizmosql}));
  const BenchSetting setting = {.versions = VersionsOf(ring),
                                .machine = ThisMachine(),
                                .date = Today(),
                                .command = CommandOf(options),
                                .missing = ring.missing,
                                .scale = options.scale,
                                .rounds = options.rounds};
  std::cout << setting.versions << "\n" << setting.command << "\n" << TableLegend();
  for (const std::string& missing : setting.missing) std::cout << missing << '\n';
  Bench bench(options, ring, folder.path());
  ARROW_RETURN_NOT_OK(bench.Reads());
  ARROW_RETURN_NOT_OK(bench.Points());
  ARROW_RETURN_NOT_OK(bench.WriteAll());
  ARROW_RETURN_NOT_OK(bench.Puts());
  ARROW_RETURN_NOT_OK(bench.PutLoads());
  if (bench.results().empty()) {
    return MakeError(ErrorKind::kInvalidInput, "--only leaves nothing to measure");
  }
  ARROW_RETURN_NOT_OK(
      WriteFile(options.json_path, ReportJson(setting, bench.results()), "every sample"));
  return WriteFile(options.report_path, ReportMarkdown(setting, bench.results()), "report");
}

void AddParticipants(CLI::App& command, BenchOptions& options) {
  command
      .add_option("--python", options.python,
                  "Python interpreter with pyarrow and duckdb, to take part; bench/setup makes one "
                  "that has all that the other servers need.")
      ->type_name("FILE")
      ->take_last();
  command.add_flag("--no-peers", options.no_peers, "Leave the other servers out.");
  command.add_option("--gizmosql", options.gizmosql, "GizmoSQL's server, a binary, to take part.")
      ->type_name("FILE");
}

void AddDurations(CLI::App& command, BenchOptions& options) {
  for (const auto& [name, seconds, what] :
       {std::tuple{"--point-seconds", &options.point_seconds,
                   "How long clients ask in one sample of point queries. [1]"},
        std::tuple{"--put-seconds", &options.put_seconds,
                   "How long clients put in one sample of puts by several. [2]"}}) {
    command.add_option(name, *seconds, what)
        ->type_name("NUMBER")
        ->check(CLI::Range(0.01, 60.0).description(""));
  }
}

}  // namespace

void AddBench(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("bench", "Measure reads, puts and point queries beside others.");
  command->footer(kExamples);
  auto options = std::make_shared<BenchOptions>();
  command->add_option("--rounds", options->rounds, "Rounds that count. [5]")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1000).description(""));
  command
      ->add_option(
          "--only", options->only,
          "Only works whose name has this in it: read, point, write, put, 'puts of 1 row', … Once "
          "for each.")
      ->type_name("WORD")
      ->expected(1)
      ->take_all();
  command->add_option("--json", options->json_path, "File for every sample.")->type_name("FILE");
  command->add_option("--report", options->report_path, "Markdown file for the tables.")
      ->type_name("FILE")
      ->take_last();
  AddParticipants(*command, *options);
  command
      ->add_option("--db", options->database,
                   "DuckDB file with a table lineitem, of which copies are used. [made once, and "
                   "kept in --cache]")
      ->type_name("FILE");
  command->add_option("--scale", options->scale, "TPC-H scale of lineitem: 1 is 6 M rows. [1]")
      ->type_name("NUMBER")
      ->check(CLI::Range(0.001, 1000.0).description(""));
  AddDurations(*command, *options);
  command
      ->add_option("--cache", options->folder,
                   "Folder for lineitem and for what a run needs; on the disk to be measured. "
                   "[~/.cache/arrowport]")
      ->type_name("FOLDER");
  command
      ->add_option("--memory-limit", options->memory_limit,
                   "DuckDB's memory limit in the server. [its own default]")
      ->type_name("SIZE");
  command->callback([options, action] { *action = [options] { return RunBench(*options); }; });
}

}  // namespace arrowport::cli
