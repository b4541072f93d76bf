#include "engine/data_files.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/file_system.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/database_manager.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/data_folder.h"
#include "engine/data_source.h"
#include "engine/data_view_entry.h"
#include "engine/data_views.h"
#include "engine/duckdb_error.h"
#include "observe/log.h"

namespace arrowport::engine {
namespace {

using observe::Log;
using observe::LogLevel;

// Listing an address costs a request or more, and often money.
constexpr std::chrono::seconds kAddressAge{10};

// What httpfs reads; other addresses need an extension that DuckDB names.
constexpr std::array<std::string_view, 9> kHttpSchemes = {
    "http://", "https://", "s3://", "s3a://", "s3n://", "gcs://", "gs://", "r2://", "hf://"};

bool NeedsHttpfs(const DataSource& source) {
  return std::ranges::any_of(
      kHttpSchemes, [&](std::string_view scheme) { return source.pattern.starts_with(scheme); });
}

// The server waits for a list when it starts and when it stops.
constexpr const char* kListQuickly = "SET SESSION http_timeout = 5; SET SESSION http_retries = 1";

// A connection that lists addresses.
duckdb::unique_ptr<duckdb::Connection> ConnectToList(duckdb::DatabaseInstance& instance) {
  auto connection = duckdb::make_uniq<duckdb::Connection>(instance);
  // Unknown where httpfs is not needed.
  (void)RunSql(*connection, kListQuickly);
  return connection;
}

Result<std::vector<std::string>> ListAddress(duckdb::Connection& connection,
                                             const std::string& pattern) {
  return Guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> paths;
    auto& context = *connection.context;
    // Secrets are looked up in a transaction.
    context.RunFunctionInTransaction([&] {
      for (const auto& file : duckdb::FileSystem::GetFileSystem(context).Glob(pattern)) {
        if (DataFormatOf(file.path)) paths.push_back(file.path);
      }
    });
    return paths;
  });
}

bool IsCountable(const DataView& view) {
  return std::ranges::all_of(view.patterns, [](const std::string& pattern) {
    return !IsRemote(pattern) && DataFormatOf(pattern) == DataFormat::kParquet;
  });
}

}  // namespace

Result<std::shared_ptr<DataFiles>> DataFiles::Open(duckdb::DuckDB& instance,
                                                   const std::vector<DataSource>& sources) {
  std::shared_ptr<DataFiles> files(new DataFiles(instance));
  ARROW_RETURN_NOT_OK(files->Attach());
  for (const DataSource& source : sources) {
    ARROW_RETURN_NOT_OK(WithContext(source.option, files->Add(source)));
  }
  files->LookIntoFolders();
  if (!files->has_addresses_) return files;
  files->LookAtAddresses(*ConnectToList(*instance.instance));
  files->watcher_ = std::thread([files = files.get()] { files->WatchAddresses(); });
  return files;
}

DataFiles::DataFiles(duckdb::DuckDB& instance) : connection_(instance) {}

DataFiles::~DataFiles() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

Status DataFiles::Attach() {
  own_catalog_ = duckdb::DatabaseManager::GetDefaultDatabase(*connection_.context);
  if (duckdb::StringUtil::CIEquals(own_catalog_, kDataCatalog)) {
    return MakeError(ErrorKind::kConflict,
                     "a database file of this name is the catalog 'data_files', which views over "
                     "data files need for themselves; give the database file another name");
  }
  return RunSql(connection_, "ATTACH ':memory:' AS data_files");
}

Status DataFiles::Add(const DataSource& given) {
  DataSource source = given;
  std::optional<DataFolder> folder;
  if (IsRemote(source.pattern)) {
    if (!DataFormatOf(source.pattern)) {
      return MakeError(ErrorKind::kInvalidInput,
                       "the ending of '" + source.pattern +
                           "' tells no format; end it like s3://bucket/folder/*.parquet");
    }
    if (NeedsHttpfs(source)) {
      ARROW_RETURN_NOT_OK(WithContext("'" + source.pattern + "' needs DuckDB's extension httpfs",
                                      RunSql(connection_, "LOAD httpfs")));
    }
    has_addresses_ = true;
  } else {
    ARROW_ASSIGN_OR_RAISE(folder, DataFolder::Open(source.pattern));
    source.pattern = folder->glob();
  }
  ARROW_ASSIGN_OR_RAISE(auto views, DataViews::Make(std::move(source), names_));
  sources_.push_back({.views = std::move(views), .folder = std::move(folder)});
  return Status::OK();
}

void DataFiles::Look() {
  const std::lock_guard lock(mutex_);
  LookIntoFolders();
  if (has_addresses_ && Clock::now() - addresses_looked_at_ >= kAddressAge) {
    look_is_asked_ = true;
    changed_.notify_all();
  }
}

void DataFiles::Show(duckdb::Connection& connection) {
  Look();
  // The first is where new tables go.
  const duckdb::vector<duckdb::CatalogSearchEntry> places = {{own_catalog_, DEFAULT_SCHEMA},
                                                             {kDataCatalog, DEFAULT_SCHEMA}};
  connection.context->client_data->catalog_search_path->Set(
      places, duckdb::CatalogSetPathType::SET_DIRECTLY);
}

Status DataFiles::Blame(const Status& status) {
  // What the libraries of DuckDB's readers say names no file.
  const bool is_foreign = status.message().starts_with("Invalid Error: ");
  if (KindOf(status) != ErrorKind::kInternal && !is_foreign) return status;
  duckdb::Connection connection(*connection_.context->db);
  for (const std::string& path : ParquetFiles()) {
    const Status opened = Guarded([&] {
      (void)connection.TableFunction("read_parquet", {duckdb::Value(LiteralPattern(path))});
      return Status::OK();
    });
    if (opened.message() != status.message()) continue;
    return MakeError(ErrorKind::kInvalidInput,
                     "the footer of the file '" + path + "' is broken: " + status.message());
  }
  return status;
}

std::vector<std::string> DataFiles::ParquetFiles() const {
  std::vector<std::string> paths;
  const std::lock_guard lock(mutex_);
  for (const Source& source : sources_) {
    if (!source.folder) continue;
    for (const std::string& path : source.views.present()) {
      if (DataFormatOf(path) == DataFormat::kParquet) paths.push_back(path);
    }
  }
  return paths;
}

bool DataFiles::CanCountRows(const std::string& view) const {
  const std::lock_guard lock(mutex_);
  return countable_.contains(duckdb::StringUtil::Lower(view));
}

void DataFiles::LookIntoFolders() {
  for (Source& source : sources_) {
    if (!source.folder || !source.folder->MayHaveChanged()) continue;
    auto paths = Guarded([&]() -> Result<std::vector<std::string>> {
      return source.folder->List(duckdb::FileSystem::GetFileSystem(*connection_.context));
    });
    if (paths.ok()) {
      Update(source, std::move(*paths));
    } else {
      Complain(source, paths.status());
    }
  }
}

void DataFiles::Update(Source& source, std::vector<std::string> paths) {
  const bool is_empty = paths.empty();
  const DataViewChanges changes = source.views.Update(std::move(paths));
  if (changes.views.empty()) return;
  if (is_empty) {
    const DataSource& about = source.views.source();
    Log(LogLevel::kWarning, "no data file is there yet",
        {{"files", about.pattern}, {"view", about.view}});
  }
  for (const std::string& warning : changes.warnings) Log(LogLevel::kWarning, warning);
  for (const DataView& view : changes.views) {
    const std::string name = duckdb::StringUtil::Lower(view.name);
    if (!is_empty && IsCountable(view)) {
      countable_.insert(name);
    } else {
      countable_.erase(name);
    }
  }
  const Status made = MakeDataViews(connection_, kDataCatalog, changes.views);
  if (!made.ok()) Complain(source, made);
}

void DataFiles::Complain(const Source& source, const Status& status) {
  const std::string& pattern = source.views.source().pattern;
  if (!complaints_.insert(pattern + status.message()).second) return;
  Log(LogLevel::kWarning, "data files cannot be listed",
      {{"files", pattern}, {"view", source.views.source().view}, {"error", status.message()}});
}

// Lists each address without the lock, for as long as that takes.
void DataFiles::LookAtAddresses(duckdb::Connection& connection) {
  for (Source& source : sources_) {
    if (source.folder) continue;
    // Constant: sources are neither added nor removed once there are statements.
    auto paths = ListAddress(connection, source.views.source().pattern);
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (paths.ok()) {
      Update(source, std::move(*paths));
    } else {
      Complain(source, paths.status());
    }
  }
  const std::lock_guard lock(mutex_);
  addresses_looked_at_ = Clock::now();
}

void DataFiles::WatchAddresses() {
  const auto connection = ConnectToList(*connection_.context->db);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || look_is_asked_; });
    if (stopping_) return;
    lock.unlock();
    LookAtAddresses(*connection);
    lock.lock();
    look_is_asked_ = false;
  }
}

}  // namespace arrowport::engine
