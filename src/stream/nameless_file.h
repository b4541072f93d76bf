#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/buffer.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// A file that has no name: it is removed from its folder as soon as it is open. So nothing of it
/// stays behind when the process ends, however that happens, and its place on the disk is free as
/// soon as it is destroyed.
///
/// One thread writes it to its end; then many may read at once. The one that writes may read what
/// it has written.
class NamelessFile {
 public:
  /// Makes one in `folder`, which must be there. \return kUnavailable with the folder.
  static Result<std::unique_ptr<NamelessFile>> Make(const std::string& folder);

  ~NamelessFile();
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  /// \return kUnavailable when the disk does not take it.
  Status Append(const Buffers& pieces);

  /// Once, behind the last Append.
  Status Finish();

  /// Written so far.
  [[nodiscard]] int64_t bytes() const { return bytes_; }

  /// `bytes` from `offset` on, which must be there.
  [[nodiscard]] Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t offset, int64_t bytes) const;

 private:
  struct Opened;
  explicit NamelessFile(std::unique_ptr<Opened> opened);

  const std::unique_ptr<Opened> opened_;
  int64_t bytes_ = 0;
};

/// Removes from `folder` what processes left that ended while they made a file.
void RemoveLeftovers(const std::string& folder);

}  // namespace arrowport::stream
