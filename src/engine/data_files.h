#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/data_folder.h"
#include "engine/data_source.h"
#include "engine/data_views.h"

namespace arrowport::engine {

/// The catalog of the views over files. It is in memory, so nothing of it is in the database file.
inline constexpr char kDataCatalog[] = "data_files";

/// Files beside the database, as views. Safe to use from many threads.
///
/// The views are in a catalog of their own, which connections look in behind their own database:
/// what the database has goes first. They are brought up to date when a statement begins:
///   - folders of this machine then and there, since asking whether they changed costs little;
///   - addresses on a thread of their own, since listing them may take as long as it likes. A new
///     file there has a view of its own some seconds after the first statement that follows; the
///     view of all of a source lists its address by itself, whenever it is read.
class DataFiles {
 public:
  /// Attaches the catalog and makes the views. Fails for a file or folder of this machine that is
  /// not there; what is wrong inside of files is told to who reads them.
  static Result<std::shared_ptr<DataFiles>> Open(duckdb::DuckDB& instance,
                                                 const std::vector<DataSource>& sources);
  ~DataFiles();
  DataFiles(const DataFiles&) = delete;
  DataFiles& operator=(const DataFiles&) = delete;

  /// Brings the views up to date.
  void Look();

  /// The same, and lets `connection` find them by their names.
  void Show(duckdb::Connection& connection);

  /// DuckDB's parser of footers says what is wrong, but not in which file, and calls it a fault of
  /// its own. \return such an error with the file's name, and any other as it is.
  Status Blame(const Status& status);

  /// Whether the rows of a view can be counted without reading them: those of Parquet files of this
  /// machine.
  [[nodiscard]] bool CanCountRows(const std::string& view) const;

 private:
  struct Source {
    DataViews views;
    std::optional<DataFolder> folder;  // None: an address.
  };

  explicit DataFiles(duckdb::DuckDB& instance);

  Status Attach();
  Status Add(const DataSource& source);
  void LookIntoFolders();
  void Update(Source& source, std::vector<std::string> paths);
  void WatchAddresses();
  void LookAtAddresses(duckdb::Connection& connection);
  std::vector<std::string> ParquetFiles() const;
  void Complain(const Source& source, const Status& status);

  // Constant after Open.
  std::string own_catalog_;
  bool has_addresses_ = false;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  duckdb::Connection connection_;  // For making views.
  DataViewNames names_;
  std::vector<Source> sources_;
  std::set<std::string> countable_;   // Names of views, in lower case.
  std::set<std::string> complaints_;  // Each is logged once.
  Clock::time_point addresses_looked_at_;
  bool look_is_asked_ = false;
  bool stopping_ = false;

  // Lists addresses; not started without any. Has a connection of its own.
  std::thread watcher_;
};

}  // namespace arrowport::engine
