#include "service/document_store.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/unix_time.h"
#include "engine/database.h"
#include "engine/table.h"

namespace arrowport::service {
namespace {

using Parameters = std::vector<std::shared_ptr<arrow::Scalar>>;

std::string TableSql() {
  return engine::TableName{
      .catalog = "", .schema = std::string(engine::kOwnSchema), .name = "documents"}
      .ToSql();
}

std::string MakeTableSql() {
  return "CREATE SCHEMA IF NOT EXISTS " + std::string(engine::kOwnSchema) +
         "; CREATE TABLE IF NOT EXISTS " + TableSql() +
         " (kind VARCHAR NOT NULL, name VARCHAR NOT NULL, version BIGINT NOT NULL, "
         "document VARCHAR NOT NULL, stored_unix_ms BIGINT NOT NULL)";
}

// Editions are few, and the last one of a name stands for it.
std::string NewestSql() {
  return "SELECT name, max(version), arg_max(document, version), "
         "arg_max(stored_unix_ms, version) FROM " +
         TableSql() + " WHERE kind = $1 GROUP BY name";
}

std::shared_ptr<arrow::Scalar> Text(std::string_view text) {
  return arrow::MakeScalar(std::string(text));
}

Document ReadRow(const arrow::RecordBatch& batch, int64_t row) {
  const auto text = [&](int column) {
    return static_cast<const arrow::StringArray&>(*batch.column(column)).GetString(row);
  };
  const auto number = [&](int column) {
    return static_cast<const arrow::Int64Array&>(*batch.column(column)).Value(row);
  };
  return {.name = text(0), .version = number(1), .text = text(2), .stored_unix_ms = number(3)};
}

}  // namespace

Status DocumentStore::NotFound(std::string_view name) const {
  return MakeError(ErrorKind::kNotFound, "there is no " + label_ + " '" + std::string(name) + "'");
}

Status DocumentStore::Run(const CallControl& control, std::string sql, Parameters parameters) {
  const engine::Statement statement = {std::move(sql), std::move(parameters)};
  ARROW_ASSIGN_OR_RAISE(const auto rows, database_->Query(statement, {}, control));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows->Next());
    if (batch == nullptr) return Status::OK();
  }
}

Status DocumentStore::LoadLocked(const CallControl& control) {
  const int64_t edition = database_->edition();
  if (loaded_edition_ == edition) return Status::OK();
  Documents found;
  auto rows = database_->Query({NewestSql(), {Text(kind_)}}, {}, control);
  if (!rows.ok() && KindOf(rows.status()) != ErrorKind::kNotFound) return rows.status();
  while (rows.ok()) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, (*rows)->Next());
    if (batch == nullptr) break;
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      Document document = ReadRow(*batch, i);
      found.emplace(document.name, document);
    }
  }
  newest_ = std::move(found);
  loaded_edition_ = edition;
  return Status::OK();
}

Result<Document> DocumentStore::Put(const CallControl& control, std::string_view name,
                                    std::string_view text) {
  const std::scoped_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(LoadLocked(control));
  const auto known = newest_.find(name);
  if (known != newest_.end() && known->second.text == text) return known->second;
  Document document = {.name = std::string(name),
                       .version = known == newest_.end() ? 1 : known->second.version + 1,
                       .text = std::string(text),
                       .stored_unix_ms = UnixMs(std::chrono::system_clock::now())};
  ARROW_RETURN_NOT_OK(Run(control, MakeTableSql(), {}));
  ARROW_RETURN_NOT_OK(Run(control, "INSERT INTO " + TableSql() + " VALUES ($1, $2, $3, $4, $5)",
                          {Text(kind_), Text(name), arrow::MakeScalar(document.version), Text(text),
                           arrow::MakeScalar(document.stored_unix_ms)}));
  newest_.insert_or_assign(document.name, document);
  return document;
}

Result<Document> DocumentStore::Get(const CallControl& control, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(LoadLocked(control));
  const auto known = newest_.find(name);
  if (known == newest_.end()) return NotFound(name);
  return known->second;
}

Result<std::vector<Document>> DocumentStore::List(const CallControl& control) {
  const std::scoped_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(LoadLocked(control));
  std::vector<Document> documents;
  for (const auto& [name, document] : newest_) documents.push_back(document);
  return documents;
}

Status DocumentStore::Delete(const CallControl& control, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(LoadLocked(control));
  const auto known = newest_.find(name);
  if (known == newest_.end()) return NotFound(name);
  ARROW_RETURN_NOT_OK(Run(control, "DELETE FROM " + TableSql() + " WHERE kind = $1 AND name = $2",
                          {Text(kind_), Text(name)}));
  newest_.erase(known);
  return Status::OK();
}

}  // namespace arrowport::service
