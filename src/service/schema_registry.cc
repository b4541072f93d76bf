#include "service/schema_registry.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "access/authorizer.h"
#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/shape.h"
#include "service/document_store.h"
#include "service/schema_definition.h"
#include "service/service.h"

namespace arrowport::service {
namespace {

constexpr size_t kNameBytesMax = 128;
constexpr std::string_view kNameBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

Status CheckName(std::string_view name) {
  if (!name.empty() && name.size() <= kNameBytesMax &&
      name.find_first_not_of(kNameBytes) == std::string_view::npos) {
    return Status::OK();
  }
  return MakeError(ErrorKind::kInvalidInput,
                   "'" + std::string(name) + "' is no name of a schema: 1 to " +
                       std::to_string(kNameBytesMax) + " letters, digits, '.', '_' and '-'");
}

std::string Label(std::string_view name) { return "schema '" + std::string(name) + "'"; }

/// Rows under a schema that says more of them than DuckDB does.
class DescribedRows final : public engine::ResultStream {
 public:
  DescribedRows(std::shared_ptr<engine::ResultStream> rows, std::shared_ptr<arrow::Schema> schema)
      : rows_(std::move(rows)), schema_(std::move(schema)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  [[nodiscard]] bool ordered() const override { return rows_->ordered(); }

  [[nodiscard]] Status status() const override {
    const std::scoped_lock lock(mutex_);
    return fault_.ok() ? rows_->status() : fault_;
  }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    const QueueState state = rows_->Poll(batch, std::move(wake));
    if (state != QueueState::kReady) return state;
    const Status checked = CheckNulls(**batch);
    if (!checked.ok()) {
      batch->reset();
      Fail(checked);
      return QueueState::kClosed;
    }
    *batch = arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), (*batch)->columns());
    return state;
  }

  void Cancel(const Status& reason) override { rows_->Cancel(reason); }

 private:
  [[nodiscard]] Status CheckNulls(const arrow::RecordBatch& batch) const {
    for (int i = 0; i < batch.num_columns(); ++i) {
      if (schema_->field(i)->nullable() || batch.column(i)->null_count() == 0) continue;
      return MakeError(ErrorKind::kConflict, "column '" + schema_->field(i)->name() +
                                                 "' has a NULL where nullable is false");
    }
    return Status::OK();
  }

  void Fail(const Status& reason) {
    {
      const std::scoped_lock lock(mutex_);
      fault_ = reason;
    }
    rows_->Cancel(reason);
  }

  const std::shared_ptr<engine::ResultStream> rows_;
  const std::shared_ptr<arrow::Schema> schema_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  Status fault_;
};

StoredSchema ToStored(const Document& document, nlohmann::ordered_json definition) {
  return {.name = document.name,
          .version = document.version,
          .stored_unix_ms = document.stored_unix_ms,
          .is_new = false,
          .definition = std::move(definition)};
}

// What an audit found: kConflict with each rule that is broken.
Status ReadAudit(const engine::ShapeAudit& audit, engine::ResultStream& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
  std::string broken;
  for (size_t i = 0; i < audit.findings.size(); ++i) {
    const auto& counts = static_cast<const arrow::Int64Array&>(*batch->column(static_cast<int>(i)));
    const int64_t count = counts.Value(0);
    if (count == 0) continue;
    broken += (broken.empty() ? "" : "; ") + audit.findings[i] + " in " + std::to_string(count) +
              (count == 1 ? " row" : " rows");
  }
  return broken.empty() ? Status::OK() : MakeError(ErrorKind::kConflict, broken);
}

// `status` in the words of a bulk read, whose filter is what a table read calls where.
Status InItsWords(const Status& status) {
  constexpr std::string_view kWhere = "where:";
  const std::string& message = status.message();
  if (!message.starts_with(kWhere)) return status;
  return MakeError(KindOf(status), "filter:" + message.substr(kWhere.size()));
}

// All but the filter was planned once already.
Status Blame(const BulkReadRequest& request, const Status& status) {
  const ErrorKind kind = KindOf(status);
  const bool is_words = kind == ErrorKind::kInvalidInput || kind == ErrorKind::kNotFound;
  if (!is_words || !request.read.where.has_value()) return status;
  return WithContext("filter", WithKind(ErrorKind::kInvalidInput, status));
}

}  // namespace

SchemaRegistry::SchemaRegistry(std::shared_ptr<engine::Database> database, Admit admit)
    : database_(std::move(database)),
      admit_(std::move(admit)),
      documents_(database_, "schema", "schema") {}

Result<StoredSchema> SchemaRegistry::Put(const Call& call, std::string_view name,
                                         std::string_view text) {
  ARROW_RETURN_NOT_OK(CheckName(name));
  ARROW_RETURN_NOT_OK(admit_(call, access::Action::kPut, name));
  ARROW_ASSIGN_OR_RAISE(auto definition, ParseSchemaDefinition(text));
  ARROW_ASSIGN_OR_RAISE(const auto shape, definition.ToShape());
  ARROW_RETURN_NOT_OK(WithContext(Label(name), database_->CheckShape(shape)));
  ARROW_ASSIGN_OR_RAISE(const Document document,
                        documents_.Put(call.control, name, definition.json.dump()));
  StoredSchema stored = ToStored(document, std::move(definition.json));
  stored.is_new = document.version == 1;
  return stored;
}

Result<std::shared_ptr<const SchemaRegistry::Known>> SchemaRegistry::Find(const Call& call,
                                                                          std::string_view name) {
  ARROW_ASSIGN_OR_RAISE(const Document document, documents_.Get(call.control, name));
  {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(name);
    if (found != known_.end() && found->second->stored.stored_unix_ms == document.stored_unix_ms &&
        found->second->stored.version == document.version) {
      return found->second;
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto definition, ParseSchemaDefinition(document.text));
  ARROW_ASSIGN_OR_RAISE(auto shape, definition.ToShape());
  auto known = std::make_shared<Known>();
  known->stored = ToStored(document, definition.json);
  known->definition = std::move(definition);
  known->shape = std::move(shape);
  const std::scoped_lock lock(mutex_);
  known_.insert_or_assign(document.name, known);
  return known;
}

Result<StoredSchema> SchemaRegistry::Get(const Call& call, std::string_view name) {
  ARROW_RETURN_NOT_OK(admit_(call, access::Action::kDescribe, name));
  ARROW_ASSIGN_OR_RAISE(const auto known, Find(call, name));
  return known->stored;
}

Result<std::vector<StoredSchema>> SchemaRegistry::List(const Call& call) {
  ARROW_RETURN_NOT_OK(admit_(call, access::Action::kDescribe, "schemas"));
  ARROW_ASSIGN_OR_RAISE(const auto documents, documents_.List(call.control));
  std::vector<StoredSchema> schemas;
  for (const Document& document : documents) {
    ARROW_ASSIGN_OR_RAISE(auto definition, ParseSchemaDefinition(document.text));
    schemas.push_back(ToStored(document, std::move(definition.json)));
  }
  return schemas;
}

Result<std::vector<engine::ShapeColumn>> SchemaRegistry::ColumnsOf(const std::string& name) {
  const auto known = Find(Call{}, name);
  if (known.ok()) return (*known)->shape.columns;
  return WithContext("the stream's rule", WithKind(ErrorKind::kConflict, known.status()));
}

Status SchemaRegistry::Delete(const Call& call, std::string_view name) {
  ARROW_RETURN_NOT_OK(admit_(call, access::Action::kPut, name));
  ARROW_RETURN_NOT_OK(documents_.Delete(call.control, name));
  const std::scoped_lock lock(mutex_);
  if (const auto found = known_.find(name); found != known_.end()) known_.erase(found);
  if (const auto found = checked_.find(name); found != checked_.end()) checked_.erase(found);
  return Status::OK();
}

Result<std::optional<std::string>> SchemaRegistry::VersionOf(const Known& schema) {
  if (!schema.shape.query.empty()) return std::nullopt;
  const auto table = database_->TableVersion(schema.shape.table);
  // A view, or nothing: the read says so.
  if (!table.ok()) return std::nullopt;
  return std::to_string(schema.stored.version) + "-" +
         std::to_string(schema.stored.stored_unix_ms) + "-" + table->version;
}

Result<std::optional<std::string>> SchemaRegistry::RowsVersion(const Call& call,
                                                               std::string_view name) {
  ARROW_RETURN_NOT_OK(admit_(call, access::Action::kQuery, name));
  ARROW_ASSIGN_OR_RAISE(const auto schema, Find(call, name));
  return VersionOf(*schema);
}

Status SchemaRegistry::CheckValues(const Call& call, const Known& schema) {
  // Before the values are looked at: rows that come in meanwhile are of another version.
  ARROW_ASSIGN_OR_RAISE(const auto version, VersionOf(schema));
  if (version.has_value()) {
    const std::scoped_lock lock(mutex_);
    const auto checked = checked_.find(schema.stored.name);
    if (checked != checked_.end() && checked->second == *version) return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto audit, database_->PlanShapeAudit(schema.shape));
  if (!audit.sql.empty()) {
    const engine::Statement statement = {audit.sql, audit.parameters};
    ARROW_ASSIGN_OR_RAISE(const auto rows,
                          database_->Query(statement, {.read_only = true}, call.control));
    ARROW_RETURN_NOT_OK(ReadAudit(audit, *rows));
  }
  if (version.has_value()) {
    const std::scoped_lock lock(mutex_);
    checked_.insert_or_assign(schema.stored.name, *version);
  }
  return Status::OK();
}

Result<std::shared_ptr<engine::ResultStream>> SchemaRegistry::Read(const Call& call,
                                                                   std::string_view name,
                                                                   const BulkReadRequest& request) {
  ARROW_RETURN_NOT_OK(admit_(call, access::Action::kQuery, name));
  ARROW_ASSIGN_OR_RAISE(const auto schema, Find(call, name));
  const auto read = database_->PlanShapedRead(schema->shape, request.read);
  if (!read.ok()) {
    const bool misfit = KindOf(read.status()) == ErrorKind::kConflict;
    return misfit ? WithContext(Label(name), read.status()) : InItsWords(read.status());
  }
  ARROW_RETURN_NOT_OK(WithContext(Label(name), CheckValues(call, *schema)));
  auto rows =
      database_->Query(*read, {.ordered = request.ordered, .read_only = true}, call.control);
  if (!rows.ok()) return Blame(request, rows.status());
  const auto described = Described((*rows)->schema(), schema->definition);
  return std::make_shared<DescribedRows>(std::move(*rows), described);
}

}  // namespace arrowport::service
