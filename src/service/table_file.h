#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::service {

/// The rows of one version of a table as a file.
struct TableFile {
  std::string tag;  ///< Begins with the table's version; no other bytes ever have it.
  std::shared_ptr<const stream::NamelessFile> content;
};

/// The wait for a table's file, which is made once for all who want it. Destroying it gives up; a
/// file that nobody waits for any more is not made to its end.
class TableFileRequest {
 public:
  virtual ~TableFileRequest() = default;

  /// The file, or why there is none. Nothing: `wake` will be called once, from any thread, when it
  /// is worth asking again.
  virtual std::optional<Result<TableFile>> Poll(std::function<void()> wake) = 0;
};

}  // namespace arrowport::service
