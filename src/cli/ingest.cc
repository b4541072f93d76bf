#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/file_follower.h"
#include "cli/file_identity.h"
#include "cli/file_patterns.h"
#include "cli/file_sender.h"
#include "cli/interruptible.h"
#include "cli/patient_client.h"
#include "cli/progress_board.h"
#include "cli/server_url.h"
#include "server/quantity.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Each file is one transaction: all of its rows land, or none. With --producer or --part-rows "
    "it\n"
    "is sent in parts, each of which is one. A server that is away or busy is tried again, and "
    "what\n"
    "landed does not land twice.\n"
    "\n"
    "Examples:\n"
    "  arrowport ingest flights.parquet --stream flights\n"
    "  arrowport ingest '2013-*.csv.gz' --stream flights --parallel 4\n"
    "  arrowport ingest '*.parquet' --producer nightly   run again, it lands what is missing\n"
    "  arrowport ingest log.ndjson --follow --producer web-1\n"
    "  producer | arrowport ingest - --stream flights   an Arrow stream on standard input";

// Of a file that is sent in parts: eight of DuckDB's row groups.
constexpr int64_t kPartRows = 8 * limits::kMorselRows;

constexpr int kParallelMax = 64;

struct IngestOptions {
  std::vector<std::string> paths;
  std::string stream;
  std::string url = kDefaultUrl;
  int parallel = 1;
  std::string producer;
  int64_t part_rows = 0;  // 0: the default.
  std::string retry_for = "5m";
  bool follow = false;
  std::string commit_every = "1s";
};

// "data/flights.csv.gz" is the stream "flights".
Result<std::string> StreamOf(const IngestOptions& options, const std::string& path) {
  if (!options.stream.empty()) return options.stream;
  if (path == "-") {
    return MakeError(ErrorKind::kInvalidInput, "standard input has no name; give --stream NAME");
  }
  const std::string name = std::filesystem::path(path).filename().string();
  return name.substr(0, name.find('.', 1));
}

Status CheckFollow(const IngestOptions& options) {
  if (!options.follow) return Status::OK();
  if (options.paths.size() == 1 && options.paths.front() != "-") return Status::OK();
  return MakeError(ErrorKind::kInvalidInput, "--follow takes one file");
}

Status CheckProducer(const IngestOptions& options) {
  if (options.producer.empty()) return Status::OK();
  const bool is_visible =
      std::ranges::all_of(options.producer, [](char c) { return c > ' ' && c <= '~'; });
  if (!is_visible) {
    return MakeError(ErrorKind::kInvalidInput, "--producer '" + options.producer +
                                                   "' has other characters than visible "
                                                   "ASCII");
  }
  if (std::ranges::find(options.paths, "-") != options.paths.end()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "standard input cannot be sent again, so --producer has no meaning for it");
  }
  return Status::OK();
}

// Without a producer of the user's the file has one that nobody will ask for again, so that what
// is sent again after a failure lands once.
Result<std::string> ProducerOf(const IngestOptions& options, const std::string& path) {
  if (options.producer.empty()) return "ingest:" + NewId();
  return options.follow ? ProducerOfGrowingFile(options.producer, path)
                        : ProducerOfFile(options.producer, path);
}

Result<FileToSend> Describe(const IngestOptions& options, const std::string& path) {
  FileToSend file{.path = path, .stream = {}, .producer = {}};
  ARROW_ASSIGN_OR_RAISE(file.stream, StreamOf(options, path));
  ARROW_ASSIGN_OR_RAISE(file.producer, ProducerOf(options, path));
  file.may_have_begun = !options.producer.empty();
  const bool in_parts = file.may_have_begun || options.follow;
  if (options.part_rows > 0) {
    file.part_rows_max = options.part_rows;
  } else if (in_parts) {
    file.part_rows_max = kPartRows;
  }
  return file;
}

std::string Figures(int64_t rows, int64_t bytes, double seconds) {
  return Plural(rows, "row") + ", " + Bytes(static_cast<double>(bytes)) + " in " +
         Seconds(seconds) + " (" + RowRate(static_cast<double>(rows) / seconds) + ", " +
         ByteRate(static_cast<double>(bytes) / seconds) + ")";
}

std::string LineOf(const FileToSend& file, const FileSent& sent) {
  const auto bytes = static_cast<double>(sent.bytes);
  const std::string before = Plural(sent.rows_before, "row") + " had landed before";
  if (sent.was_complete) return file.path + ": all of it had landed before";
  std::string line = file.path + ": " + Plural(sent.rows, "row") + ", " + Bytes(bytes) +
                     " into table " + sent.table + " in " + Seconds(sent.seconds) + " (" +
                     RowRate(static_cast<double>(sent.rows) / sent.seconds) + ", " +
                     ByteRate(bytes / sent.seconds) + ")";
  if (sent.rows_before > 0) line += "; " + before;
  return line;
}

/// The files of one command, sent by several threads.
class IngestRun {
 public:
  IngestRun(const IngestOptions& options, std::vector<std::string> paths, std::stop_token stop)
      : options_(options),
        paths_(std::move(paths)),
        stop_(std::move(stop)),
        board_(static_cast<int64_t>(paths_.size())) {}

  Status Run() {
    PatienceOptions patience;
    ARROW_ASSIGN_OR_RAISE(patience.give_up_after, server::ParseDuration(options_.retry_for));
    ARROW_ASSIGN_OR_RAISE(commit_every_, server::ParseDuration(options_.commit_every));
    SharedPatience shared(options_.url, patience);
    shared.tell = [this](const std::string& line) { board_.Warn(line); };
    const size_t threads = std::min(paths_.size(), static_cast<size_t>(options_.parallel));
    {
      std::vector<std::jthread> senders;
      senders.reserve(threads);
      for (size_t i = 0; i < threads; ++i) senders.emplace_back([&] { SendFiles(shared); });
    }
    if (!failure_.ok()) return Explained();
    if (paths_.size() > 1) {
      board_.Print(std::to_string(paths_.size()) +
                   " files: " + Figures(rows_, bytes_, board_.seconds()));
    }
    return Status::OK();
  }

 private:
  void SendFiles(SharedPatience& shared) {
    PatientClient client(shared, std::random_device()(), stop_);
    for (;;) {
      const size_t next = next_++;
      if (next >= paths_.size() || has_failed_) return;
      const Status status = SendFile(client, paths_[next]);
      if (status.ok()) continue;
      has_failed_ = true;
      const std::lock_guard lock(mutex_);
      if (failure_.ok()) failure_ = status;
    }
  }

  Status SendFile(PatientClient& client, const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(const FileToSend file, Describe(options_, path));
    if (options_.follow) {
      FileFollower follower(client, board_, file, commit_every_);
      return Settle(file, follower.Follow(stop_), follower.sent());
    }
    FileSender sender(client, board_, file, stop_);
    const Status status = sender.Send();
    return Settle(file, status, sender.sent());
  }

  Status Settle(const FileToSend& file, const Status& status, const FileSent& sent) {
    const std::lock_guard lock(mutex_);
    rows_ += sent.rows;
    bytes_ += sent.bytes;
    if (!status.ok()) return status;
    ++files_complete_;
    board_.Print(LineOf(file, sent));
    return Status::OK();
  }

  // The failure, with what landed all the same.
  Status Explained() {
    std::string landed = std::to_string(files_complete_) + " of " + std::to_string(paths_.size()) +
                         " files are complete, " + Plural(rows_, "row") + " have landed";
    if (!options_.producer.empty()) landed += "; run again, the same command sends the rest";
    if (KindOf(failure_) == ErrorKind::kCancelled && stop_.stop_requested()) {
      return MakeError(ErrorKind::kCancelled, "interrupted: " + landed);
    }
    const bool is_clear = paths_.size() == 1 && rows_ == 0;
    if (is_clear) return failure_;
    return MakeError(KindOf(failure_), failure_.message() + " (" + landed + ")");
  }

  // Constant after the beginning of Run.
  const IngestOptions& options_;
  const std::vector<std::string> paths_;
  const std::stop_token stop_;
  std::chrono::milliseconds commit_every_{};

  ProgressBoard board_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> has_failed_ = false;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  Status failure_;
  size_t files_complete_ = 0;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
};

Status Ingest(const IngestOptions& options, const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(CheckFollow(options));
  ARROW_RETURN_NOT_OK(CheckProducer(options));
  ARROW_ASSIGN_OR_RAISE(auto paths, ExpandPatterns(options.paths));
  return IngestRun(options, std::move(paths), stop).Run();
}

void AddPaths(CLI::App& command, IngestOptions& options) {
  command
      .add_option("FILE", options.paths,
                  "Parquet (.parquet), Arrow (.arrow, .feather, .arrows), CSV (.csv, .csv.gz), "
                  "JSON (.json, .ndjson), patterns of such (*, ?, []), or - for an Arrow stream on "
                  "standard input.")
      ->required();
  command
      .add_option("--stream", options.stream,
                  "The stream that gets the rows. [the file's name without its ending]")
      ->type_name("NAME");
}

void AddSending(CLI::App& command, IngestOptions& options) {
  command.add_option("--parallel", options.parallel, "Files that are sent at once. [1]")
      ->type_name("N")
      ->check(CLI::Range(1, kParallelMax));
  command
      .add_option("--producer", options.producer,
                  "A name under which the server remembers what has landed of each file, so that "
                  "the same command, run again, sends the rest.")
      ->type_name("NAME");
  command
      .add_option("--part-rows", options.part_rows,
                  "Send files in parts of so many rows, each a transaction. [983040 with "
                  "--producer; otherwise the whole file]")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--retry-for", options.retry_for,
                  "How long a server that is away or has no room is tried again; 0s: not at all. "
                  "[5m]")
      ->type_name("TIME");
  command.add_flag("--follow", options.follow,
                   "Go on with a file that grows (.ndjson, .arrows), until Ctrl-C.");
  command
      .add_option("--commit-every", options.commit_every,
                  "With --follow: how long rows may wait for others. [1s]")
      ->type_name("TIME");
}

}  // namespace

void AddIngest(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("ingest", "Send files to a stream of a server.");
  command->footer(kExamples);
  auto options = std::make_shared<IngestOptions>();
  AddPaths(*command, *options);
  AddUrl(*command, &options->url);
  AddSending(*command, *options);
  command->callback([options, action] {
    *action = [options] {
      return RunInterruptible([&](const std::stop_token& stop) { return Ingest(*options, stop); });
    };
  });
}

}  // namespace arrowport::cli
