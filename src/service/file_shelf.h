#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/result_stream.h"
#include "service/table_file.h"
#include "stream/batch_encoder.h"
#include "stream/nameless_file.h"

namespace arrowport::service {

/// What a file is of.
struct FileKey {
  std::string table;    ///< In full.
  std::string version;  ///< As the engine tells it.
  stream::WireFormat format = stream::WireFormat::kParquet;
  /// Others may ask for it, so it stays when nobody has it. Otherwise it goes with who asked.
  bool is_shared = true;

  bool operator==(const FileKey&) const = default;
};

/// Starts to read the rows of a file, until it is told to stop.
using OpenRows =
    std::function<Result<std::shared_ptr<engine::ResultStream>>(const std::stop_token&)>;

using MadeFile = std::shared_ptr<const stream::NamelessFile>;

/// One file on its way, and who waits for it.
struct FileMaking {
  // Constant after construction.
  FileKey key;
  OpenRows rows;
  std::stop_source stop;

  // Everything below is guarded by the shelf.
  int waiting = 0;
  bool given_up = false;
  int64_t bytes = 0;
  std::map<const void*, std::function<void()>> wakes;
  std::optional<Result<TableFile>> outcome;
};

/// Which files there are and which are being made, within a bound on their bytes and one on their
/// number. The least recently used go first, and those of an older version as soon as a newer one
/// is there. A file that someone has stays, and counts, until it is let go. Safe to use from many
/// threads.
class FileShelf {
 public:
  FileShelf(int64_t bytes_max, size_t files_max) : bytes_max_(bytes_max), files_max_(files_max) {}

  struct Entered {
    std::shared_ptr<FileMaking> making;
    bool is_new = false;  ///< The caller sees to it that it is made.
  };

  /// Enters one more who waits for the file of `key`; where there is no place for one more, to be
  /// told so.
  Entered Enter(const FileKey& key, OpenRows rows);

  /// As TableFileRequest::Poll; `who` tells those who wait apart.
  std::optional<Result<TableFile>> Poll(FileMaking& making, const void* who,
                                        std::function<void()> wake);

  /// Behind it `who` is not woken. When nobody waits any more the making is stopped.
  void Leave(FileMaking& making, const void* who);

  /// Makes room for a file in the making that has `bytes` now.
  Status Grow(FileMaking& making, int64_t bytes);

  /// Ends a making, and tells all who wait.
  void Settle(const std::shared_ptr<FileMaking>& making, Result<MadeFile> made);

  /// Stops all makings.
  void Stop();

  [[nodiscard]] int64_t bytes_held() const;

  /// That are there or being made.
  [[nodiscard]] size_t files() const;

 private:
  struct Kept {
    FileKey key;
    TableFile file;
  };

  std::optional<TableFile> FindLocked(const FileKey& key);
  void KeepLocked(const FileKey& key, const TableFile& file);
  bool DropOneLocked();
  [[nodiscard]] size_t FilesLocked() const;
  [[nodiscard]] int64_t HeldLocked() const;

  const int64_t bytes_max_;
  const size_t files_max_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::list<Kept> kept_;                                         // The most recently used first.
  std::vector<std::weak_ptr<const stream::NamelessFile>> lent_;  // Those that are not shared.
  std::vector<std::shared_ptr<FileMaking>> making_;
  int64_t made_ = 0;
};

}  // namespace arrowport::service
