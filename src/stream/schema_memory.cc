#include "stream/schema_memory.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/type.h>

namespace arrowport::stream {

std::shared_ptr<arrow::Schema> SchemaMemory::Find(std::string_view message) const {
  const std::lock_guard lock(mutex_);
  const auto found = schemas_.find(message);
  return found == schemas_.end() ? nullptr : found->second;
}

void SchemaMemory::Keep(std::string_view message, std::shared_ptr<arrow::Schema> schema) {
  if (message.size() > kMessageBytesMax) return;
  const std::lock_guard lock(mutex_);
  if (schemas_.size() >= kSchemasMax) schemas_.clear();
  schemas_.try_emplace(std::string(message), std::move(schema));
}

}  // namespace arrowport::stream
