#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "access/authorizer.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/table_read.h"
#include "service/document_store.h"
#include "service/schema_definition.h"

namespace arrowport::service {

struct Call;

/// A schema as it is stored.
struct StoredSchema {
  std::string name;
  int64_t version = 0;
  int64_t stored_unix_ms = 0;
  bool is_new = false;  ///< Of Put: there was none of this name.
  nlohmann::ordered_json definition;
};

/// Which rows of a schema are read: `filter` and `columns` are of the schema's fields.
struct BulkReadRequest {
  engine::TableRead read;
  bool ordered = true;
};

/// Named schemas of rows that clients agree on, see SchemaDefinition, and the reads of them. Kept
/// in the database and cached. Safe to use from many threads; verbs may block for the database.
class SchemaRegistry {
 public:
  /// Whether the caller may do that now, as of all verbs of Service.
  using Admit = std::function<Status(const Call& call, access::Action action, std::string_view)>;

  SchemaRegistry(std::shared_ptr<engine::Database> database, Admit admit);

  /// Stores the definition `text` under `name`.
  /// \return kInvalidInput for a definition that makes no sense; kConflict when the table or query
  ///   that it stands for does not fit it, with the difference.
  Result<StoredSchema> Put(const Call& call, std::string_view name, std::string_view text);

  /// kNotFound without one.
  Result<StoredSchema> Get(const Call& call, std::string_view name);
  Result<std::vector<StoredSchema>> List(const Call& call);
  Status Delete(const Call& call, std::string_view name);

  /// The rows of the schema `name`: its fields in its types and order, or those that the request
  /// names, and no value against its constraints. (Rows that come in while values are checked are
  /// checked by the next read. A NULL where there must be none ends even this one.)
  /// \return kNotFound without the schema; kConflict with the difference when its rows no longer
  ///   fit it; kInvalidInput by parameter.
  Result<std::shared_ptr<engine::ResultStream>> Read(const Call& call, std::string_view name,
                                                     const BulkReadRequest& request);

  /// The fields of the schema `name`, for puts that must keep their constraints; the rule that
  /// names it is the operator's, whoever puts. kConflict without the schema.
  Result<std::vector<engine::ShapeColumn>> ColumnsOf(const std::string& name);

  /// A text that is another one as soon as the rows of Read may have changed: nothing for schemas
  /// of queries and views.
  Result<std::optional<std::string>> RowsVersion(const Call& call, std::string_view name);

 private:
  struct Known {
    StoredSchema stored;
    SchemaDefinition definition;
    engine::Shape shape;
  };

  Result<std::shared_ptr<const Known>> Find(const Call& call, std::string_view name);
  Result<std::optional<std::string>> VersionOf(const Known& schema);
  Status CheckValues(const Call& call, const Known& schema);

  const std::shared_ptr<engine::Database> database_;
  const Admit admit_;
  DocumentStore documents_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Known>, std::less<>> known_;
  std::map<std::string, std::string, std::less<>> checked_;  ///< Rows' versions by schema.
};

}  // namespace arrowport::service
