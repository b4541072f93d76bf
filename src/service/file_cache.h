#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "observe/metrics.h"
#include "service/file_shelf.h"
#include "service/table_file.h"

namespace arrowport::service {

struct FileCacheOptions {
  int64_t bytes_max = kGiB;    ///< Of all files together. A larger file is refused.
  std::string directory = {};  ///< Made when needed; empty: one of its own among temporary files.
};

/// Files that are made from tables, each version of a table once, and of results, at most
/// limits::kFilesKeptMax, and kept as `FileShelf` says.
/// Safe to use from many threads.
class FileCache {
 public:
  /// Clears the directory of what an earlier server left there. `metrics` must outlive the cache.
  FileCache(const FileCacheOptions& options, observe::Metrics& metrics);

  /// Stops what is being made and waits for it.
  ~FileCache();
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  /// The file of `key`: the one that is there or being made, or else one that is made of `rows`.
  /// It fails, for all who wait for it, with the error of `rows`; kNotAcceptable for types that the
  /// format has no form for; kTooLarge over `bytes_max`; kOverloaded when what is in use leaves no
  /// room or no place; kUnavailable when the disk does not take it.
  std::unique_ptr<TableFileRequest> Get(const FileKey& key, OpenRows rows);

  /// Of all files, also those in the making.
  [[nodiscard]] int64_t bytes_held() const { return shelf_->bytes_held(); }
  [[nodiscard]] size_t files() const { return shelf_->files(); }

 private:
  Result<MadeFile> Make(FileMaking& making);
  Status MakeDirectory();

  // Constant after construction.
  const std::string directory_;
  observe::Metrics& metrics_;
  const std::shared_ptr<FileShelf> shelf_;

  std::atomic<bool> made_directory_ = false;

  // Uses all of the above, and ends before they do.
  std::unique_ptr<WorkerPool> makers_;
};

}  // namespace arrowport::service
