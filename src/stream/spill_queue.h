#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::stream {

/// Batches that wait on disk, first in, first out, in files without names. What was taken is given
/// back to the disk in pieces of `limits::kSpillFileBytes`. One thread at a time.
class SpillQueue {
 public:
  /// `folder` must be there by the first Push.
  explicit SpillQueue(std::string folder) : folder_(std::move(folder)) {}

  /// \return kUnavailable when the disk does not take it.
  Status Push(const std::shared_ptr<arrow::RecordBatch>& batch);

  /// The oldest batch. Not to be called when it is empty.
  Result<std::shared_ptr<arrow::RecordBatch>> Pop();

  /// Drops what waits.
  void Clear();

  [[nodiscard]] bool empty() const { return files_.empty(); }

  /// On disk.
  [[nodiscard]] int64_t bytes_held() const { return bytes_held_; }

 private:
  struct SpillFile {
    std::unique_ptr<NamelessFile> file;
    std::deque<int64_t> batch_ends;  // Of those that were not taken.
    int64_t bytes_taken = 0;
  };

  const std::string folder_;
  std::deque<SpillFile> files_;  // Each with a batch at least.
  int64_t bytes_held_ = 0;
};

}  // namespace arrowport::stream
