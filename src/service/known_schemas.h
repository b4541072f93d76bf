#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <arrow/type.h>

namespace arrowport::service {

/// What fitted a table when it was put there last, so that not every put has to be looked at before
/// it is read. Safe to use from many threads.
class KnownSchemas {
 public:
  /// Whether rows of `schema` were the last ones that fitted `table`.
  [[nodiscard]] bool Knows(const std::string& table, const arrow::Schema& schema) const;

  void Learn(const std::string& table, std::shared_ptr<arrow::Schema> schema);

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<arrow::Schema>> schemas_;
};

}  // namespace arrowport::service
