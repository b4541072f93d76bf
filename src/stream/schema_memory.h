#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <arrow/type.h>

namespace arrowport::stream {

/// Schemas that came lately, by the bytes of their messages. A client that puts a few rows at a
/// time sends the same schema with each, and to read it takes longer than to read the rows. What
/// has the same bytes gets the same object, so that whoever asks whether two batches go together
/// is done soon. Safe to use from many threads.
class SchemaMemory {
 public:
  static constexpr size_t kSchemasMax = 256;
  static constexpr size_t kMessageBytesMax = 8192;  ///< Longer ones are not worth the memory.

  /// The schema that was kept with `message`, or null.
  std::shared_ptr<arrow::Schema> Find(std::string_view message) const;

  /// Remembers a valid schema. Forgets all others when there are too many.
  void Keep(std::string_view message, std::shared_ptr<arrow::Schema> schema);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view message) const {
      return std::hash<std::string_view>()(message);
    }
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<arrow::Schema>, Hash, std::equal_to<>>
      schemas_;  // Guarded by mutex_.
};

}  // namespace arrowport::stream
