#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::http {

/// Where bodies wait on disk that cannot be read before they are whole, and how much of them.
struct SpoolSpace {
  SpoolSpace(std::string the_directory, int64_t the_bytes_max)
      : directory(std::move(the_directory)), bytes_max(the_bytes_max) {}

  // Constant after construction.
  const std::string directory;  ///< Made when needed; empty: the system's for temporary files.
  const int64_t bytes_max;      ///< Of all bodies together.

  std::atomic<int64_t> bytes_held = 0;
};

/// One body that is kept until it is whole, in a file without a name, which goes with this. One
/// thread at a time.
class Spool {
 public:
  explicit Spool(SpoolSpace& space) : space_(space) {}
  ~Spool() { space_.bytes_held -= bytes_; }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Adds `piece`, whose memory may be used again afterwards. Blocks.
  /// \return kTooLarge or kOverloaded without room, kUnavailable when the disk does not take it.
  Status Append(const std::shared_ptr<arrow::Buffer>& piece);

  /// All that was appended, to be read as long as this lives. Once, behind the last Append. Blocks.
  Result<std::shared_ptr<const stream::NamelessFile>> Finish();

 private:
  Status MakeFile();

  SpoolSpace& space_;
  std::shared_ptr<stream::NamelessFile> file_;
  int64_t bytes_ = 0;  // That count in space_.
};

}  // namespace arrowport::http
