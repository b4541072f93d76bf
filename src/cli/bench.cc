#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <arrow/config.h>

#include "base/error.h"
#include "cli/bench_data.h"
#include "cli/bench_report.h"
#include "cli/bench_run.h"
#include "cli/commands.h"
#include "cli/contender.h"
#include "cli/python_worker.h"
#include "cli/row_set.h"
#include "cli/server_process.h"
#include "cli/temporary_folder.h"
#include "cli/terminal.h"
#include "client/client.h"
#include "engine/baseline.h"
#include "engine/database.h"
#include "observe/log.h"
#include "server/install_tree.h"
#include "server/stop_signals.h"
#include "server/version.h"
#include "stream/generator.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Reads, writes and puts over HTTP and Flight, beside DuckDB in process, in one run: rounds\n"
    "visit all in shuffled order, the first round is thrown away, and what counts are medians and\n"
    "their ratios. The server is a process of its own. With --python, pyarrow and DuckDB's Python\n"
    "package do the same. Needs about 6 GB of memory at scale 1.\n"
    "\n"
    "Examples:\n"
    "  arrowport bench\n"
    "  arrowport bench --rounds 9 --only read --json reads.json\n"
    "  arrowport bench --python .deps/venv/bin/python";

struct BenchOptions {
  std::string database;
  std::string folder;
  std::string python;
  std::string json_path;
  std::string memory_limit;
  std::vector<std::string> only;
  double scale = 1;
  int rounds = 5;
};

struct PutSize {
  int64_t rows;
  int puts;  ///< Of one sample, so that each takes long enough to be measured.
};

constexpr std::array kPutSizes = {PutSize{1'000, 20}, PutSize{100'000, 5}, PutSize{1'000'000, 2}};

// Everything that takes part, in the order in which it must be there.
struct Ring {
  std::unique_ptr<ServerProcess> server;
  std::unique_ptr<client::Client> http;
  std::unique_ptr<client::Client> flight;
  std::unique_ptr<engine::Baseline> baseline;
  std::unique_ptr<PythonWorker> python;
  std::vector<std::unique_ptr<Contender>> owned;
  std::vector<BenchContender> contenders;

  void Add(const std::string& name, std::unique_ptr<Contender> contender, bool through_server) {
    contenders.push_back({name, *contender, through_server});
    owned.push_back(std::move(contender));
  }
};

Result<std::string> CopyOf(const std::string& database, const std::string& folder,
                           const std::string& name) {
  std::error_code error;
  std::string copy = folder + "/" + name + ".duckdb";
  std::filesystem::copy_file(database, copy, error);
  if (error) return MakeError(ErrorKind::kNotFound, "'" + database + "': " + error.message());
  return copy;
}

Result<std::string> WorkerScript() {
  constexpr const char* kName = "bench/python_worker.py";
  if (const auto shared = server::FindShared(kName)) return *shared;
  // In a checkout the program lies in build/PRESET.
  const auto checkout =
      std::filesystem::path(server::ProgramPath()).parent_path() / ".." / ".." / kName;
  if (std::filesystem::exists(checkout)) return checkout.lexically_normal().string();
  return MakeError(ErrorKind::kNotFound, std::string(kName) + " is missing beside this program");
}

Result<Ring> Assemble(const BenchOptions& options, const std::string& database,
                      const std::string& folder) {
  Ring ring;
  ARROW_ASSIGN_OR_RAISE(const std::string served, CopyOf(database, folder, "served"));
  ARROW_ASSIGN_OR_RAISE(const std::string in_process, CopyOf(database, folder, "in_process"));
  std::vector<std::string> flags;
  if (!options.memory_limit.empty()) flags = {"--memory-limit", options.memory_limit};
  ARROW_ASSIGN_OR_RAISE(
      ring.server, ServerProcess::Start({.database = served, .folder = folder, .flags = flags}));
  ARROW_ASSIGN_OR_RAISE(ring.http, client::Client::Connect(ring.server->http_url(), {}));
  ARROW_ASSIGN_OR_RAISE(ring.flight, client::Client::Connect(ring.server->flight_url(), {}));
  ARROW_ASSIGN_OR_RAISE(ring.baseline, engine::Baseline::Open(in_process, 0));
  ring.Add(kReferenceCpp, InProcess(*ring.baseline), false);
  ring.Add("HTTP C++", ThroughClient(*ring.http), true);
  ring.Add("Flight C++", ThroughClient(*ring.flight), true);
  if (options.python.empty()) return ring;
  ARROW_ASSIGN_OR_RAISE(const std::string script, WorkerScript());
  ARROW_ASSIGN_OR_RAISE(const std::string python_copy, CopyOf(database, folder, "python"));
  ARROW_ASSIGN_OR_RAISE(ring.python,
                        PythonWorker::Start({.interpreter = options.python,
                                             .script = script,
                                             .database = python_copy,
                                             .http_url = ring.server->http_url(),
                                             .flight_url = ring.server->flight_url()}));
  ring.Add(kReferencePython, ring.python->By("duckdb"), false);
  ring.Add("HTTP Py", ring.python->By("http"), true);
  ring.Add("Flight Py", ring.python->By("flight"), true);
  return ring;
}

// The works of a run, one after the other; results are printed as they come.
class Bench {
 public:
  Bench(const BenchOptions& options, Ring& ring, std::string folder)
      : options_(options), ring_(ring), folder_(std::move(folder)) {}

  Status Reads() {
    ARROW_RETURN_NOT_OK(Read("read all", "SELECT * FROM lineitem"));
    return Read("read 3 columns", "SELECT l_orderkey, l_partkey, l_extendedprice FROM lineitem");
  }

  Status WriteAll() {
    if (!Wanted("write all")) return Status::OK();
    client::QueryRequest request;
    request.sql = "FROM lineitem";
    ARROW_ASSIGN_OR_RAISE(const auto reader, ring_.flight->Query(request));
    ARROW_ASSIGN_OR_RAISE(const RowSet rows, Collect("lineitem", *reader, [](int64_t, int64_t) {}));
    return Put("write all", "lineitem into a new table", rows, 1);
  }

  Status Puts() {
    for (const PutSize& size : kPutSizes) {
      const std::string name = "put " + std::to_string(size.rows);
      if (!Wanted(name)) continue;
      stream::GeneratorOptions generated;
      generated.rows = size.rows;
      ARROW_ASSIGN_OR_RAISE(const RowSet rows,
                            Collect("events_" + std::to_string(size.rows),
                                    *stream::MakeGenerator(generated), [](int64_t, int64_t) {}));
      ARROW_RETURN_NOT_OK(Put(name, "generated events, one durable transaction", rows, size.puts));
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

  Status Read(const std::string& name, const std::string& sql) {
    if (!Wanted(name)) return Status::OK();
    BenchWork work;
    work.name = name;
    work.what = sql;
    work.kind = BenchKind::kRead;
    work.sql = sql;
    return Run(work);
  }

  Status Put(const std::string& name, const std::string& what, const RowSet& rows, int puts) {
    if (ring_.python != nullptr) ARROW_RETURN_NOT_OK(ring_.python->Load(rows, folder_));
    BenchWork work;
    work.name = name;
    work.what = what;
    work.kind = BenchKind::kPut;
    work.rows = &rows;
    work.puts = puts;
    work.rows_expected = rows.rows;
    ARROW_RETURN_NOT_OK(Run(work));
    return ring_.python != nullptr ? ring_.python->Forget(rows) : Status::OK();
  }

  Status Run(const BenchWork& work) {
    ARROW_ASSIGN_OR_RAISE(
        BenchWorkResult result,
        RunRounds(work, ring_.contenders, ring_.server->process(), options_.rounds));
    // The rows of a put are gone when the report is written.
    result.work.rows = nullptr;
    std::cout << '\n' << WorkTable(result, StandardOutput()) << std::flush;
    results_.push_back(std::move(result));
    return Status::OK();
  }

  const BenchOptions& options_;
  Ring& ring_;
  const std::string folder_;
  std::vector<BenchWorkResult> results_;
};

std::string VersionsOf(const Ring& ring) {
  std::string versions = "arrowport " + std::string(server::Version()) + ", DuckDB " +
                         engine::DuckDbVersion() + ", Arrow " +
                         arrow::GetBuildInfo().version_string;
  if (ring.python != nullptr) versions += "; " + ring.python->versions();
  return versions;
}

Status WriteReport(const std::string& path, const std::string& json) {
  if (path.empty()) return Status::OK();
  std::ofstream file(path, std::ios::trunc);
  file << json;
  file.close();
  if (!file) return MakeError(ErrorKind::kInvalidInput, "'" + path + "' cannot be written");
  std::cout << "every sample: " << path << '\n';
  return Status::OK();
}

Status RunBench(const BenchOptions& options) {
  observe::SetUpLog(observe::LogLevel::kError, observe::LogFormat::kText);
  const std::string cache = options.folder.empty() ? CacheFolder() : options.folder;
  std::string database = options.database;
  if (database.empty()) {
    ARROW_ASSIGN_OR_RAISE(database, LineitemDatabase(cache, options.scale));
  }
  ARROW_ASSIGN_OR_RAISE(const TemporaryFolder folder, TemporaryFolder::Make(cache, "bench"));
  const server::StopSignals signals([&](int) {
    constexpr int kInterrupted = 130;
    std::error_code ignored;
    std::filesystem::remove_all(folder.path(), ignored);
    std::_Exit(kInterrupted);
  });
  ARROW_ASSIGN_OR_RAISE(Ring ring, Assemble(options, database, folder.path()));
  const BenchSetting setting = {
      .versions = VersionsOf(ring), .scale = options.scale, .rounds = options.rounds};
  std::cout << setting.versions << "\n"
            << database << ", " << options.rounds << " rounds\n"
            << TableLegend();
  Bench bench(options, ring, folder.path());
  ARROW_RETURN_NOT_OK(bench.Reads());
  ARROW_RETURN_NOT_OK(bench.WriteAll());
  ARROW_RETURN_NOT_OK(bench.Puts());
  if (bench.results().empty()) {
    return MakeError(ErrorKind::kInvalidInput, "--only leaves nothing to measure");
  }
  return WriteReport(options.json_path, ReportJson(setting, bench.results()));
}

}  // namespace

void AddBench(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("bench", "Measure reads, writes and puts beside DuckDB in process.");
  command->footer(kExamples);
  auto options = std::make_shared<BenchOptions>();
  command->add_option("--rounds", options->rounds, "Rounds that count. [5]")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1000).description(""));
  command
      ->add_option("--only", options->only,
                   "Only works whose name has this in it: read, write, put, … Once for each.")
      ->type_name("WORD")
      ->expected(1)
      ->take_all();
  command->add_option("--json", options->json_path, "File for every sample.")->type_name("FILE");
  command
      ->add_option("--python", options->python,
                   "Python interpreter with pyarrow and duckdb, to take part.")
      ->type_name("FILE");
  command
      ->add_option("--db", options->database,
                   "DuckDB file with a table lineitem, of which copies are used. [made once, and "
                   "kept in --cache]")
      ->type_name("FILE");
  command->add_option("--scale", options->scale, "TPC-H scale of lineitem: 1 is 6 M rows. [1]")
      ->type_name("NUMBER")
      ->check(CLI::Range(0.001, 1000.0).description(""));
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
