#include "service/known_schemas.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <arrow/type.h>

namespace arrowport::service {
namespace {

// Tables that are remembered; beyond, all are forgotten, and cost a look each.
constexpr size_t kTablesMax = 10'000;

}  // namespace

bool KnownSchemas::Knows(const std::string& table, const arrow::Schema& schema) const {
  std::shared_ptr<arrow::Schema> known;
  {
    const std::lock_guard lock(mutex_);
    const auto found = schemas_.find(table);
    if (found == schemas_.end()) return false;
    known = found->second;
  }
  return known.get() == &schema || known->Equals(schema, /*check_metadata=*/false);
}

void KnownSchemas::Learn(const std::string& table, std::shared_ptr<arrow::Schema> schema) {
  const std::lock_guard lock(mutex_);
  if (schemas_.size() >= kTablesMax && !schemas_.contains(table)) schemas_.clear();
  schemas_[table] = std::move(schema);
}

}  // namespace arrowport::service
