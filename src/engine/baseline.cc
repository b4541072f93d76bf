#include "engine/baseline.h"

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/c/bridge.h>
#include <duckdb.hpp>
#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_type_extension.hpp>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/main/relation.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/arrow_schema.h"
#include "engine/duckdb_error.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;

duckdb::unique_ptr<duckdb::ArrowArrayStreamWrapper> ProduceStream(
    uintptr_t factory, duckdb::ArrowStreamParameters& /*parameters*/) {
  auto wrapper = duckdb::make_uniq<duckdb::ArrowArrayStreamWrapper>();
  auto* stream = std::bit_cast<ArrowArrayStream*>(factory);
  wrapper->arrow_array_stream = *stream;
  stream->release = nullptr;
  return wrapper;
}

void GetSchema(ArrowArrayStream* stream, ArrowSchema& schema) {
  if (stream->get_schema(stream, &schema) != 0) {
    throw duckdb::InvalidInputException("the stream has no schema");
  }
}

// Takes all rows of `result` as Arrow batches by DuckDB's own appender, which its clients use.
Result<Baseline::Drained> DrainResult(duckdb::QueryResult& result, duckdb::ClientContext& context) {
  if (result.HasError()) return FromDuckDb(result.GetErrorObject());
  ARROW_ASSIGN_OR_RAISE(auto schema, ArrowSchemaOf(result.types, result.names, context));
  Baseline::Drained drained;
  const auto properties = context.GetClientProperties();
  std::unique_ptr<duckdb::ArrowAppender> appender;
  const auto finish = [&]() -> Status {
    ArrowArray array = appender->Finalize();
    appender.reset();
    ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(&array, schema));
    drained.rows += batch->num_rows();
    drained.bytes += BytesOf(*batch);
    return Status::OK();
  };
  while (auto chunk = result.Fetch()) {
    if (appender == nullptr) {
      appender = std::make_unique<duckdb::ArrowAppender>(
          result.types, idx_t{limits::kResultBatchRows}, properties,
          duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, result.types));
    }
    appender->Append(*chunk, 0, chunk->size(), chunk->size());
    if (static_cast<int64_t>(appender->RowCount()) + STANDARD_VECTOR_SIZE >
        limits::kResultBatchRows) {
      ARROW_RETURN_NOT_OK(finish());
    }
  }
  if (appender != nullptr) ARROW_RETURN_NOT_OK(finish());
  if (result.HasError()) return FromDuckDb(result.GetErrorObject());
  return drained;
}

class DuckDbLookup final : public Baseline::Lookup {
 public:
  DuckDbLookup(duckdb::DuckDB& database, std::string sql)
      : connection_(database), sql_(std::move(sql)) {}

  Status KeepPlan() {
    kept_ = connection_.Prepare(sql_);
    return kept_->HasError() ? FromDuckDb(kept_->error) : Status::OK();
  }

  Result<Baseline::Drained> Find(int64_t key) override {
    return Guarded([&]() -> Result<Baseline::Drained> {
      duckdb::vector<duckdb::Value> values = {duckdb::Value::BIGINT(key)};
      const auto once = kept_ == nullptr ? connection_.Prepare(sql_) : nullptr;
      duckdb::PreparedStatement& statement = once == nullptr ? *kept_ : *once;
      if (statement.HasError()) return FromDuckDb(statement.error);
      auto result = statement.Execute(values);
      return DrainResult(*result, *connection_.context);
    });
  }

 private:
  duckdb::Connection connection_;
  const std::string sql_;
  duckdb::unique_ptr<duckdb::PreparedStatement> kept_;  // Null: none is kept.
};

class DuckDbBaseline final : public Baseline {
 public:
  DuckDbBaseline(const std::string& path, duckdb::DBConfig& config)
      : database_(path, &config), connection_(database_) {}

  Result<int64_t> Insert(const TableName& table,
                         std::shared_ptr<arrow::RecordBatchReader> batches) override {
    ArrowArrayStream stream;
    ARROW_RETURN_NOT_OK(arrow::ExportRecordBatchReader(std::move(batches), &stream));
    const Status inserted = Guarded([&] {
      auto scan = connection_.TableFunction(
          "arrow_scan", {duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&stream)),
                         duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&ProduceStream)),
                         duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&GetSchema))});
      scan->Create(table.name);
      return Status::OK();
    });
    if (stream.release != nullptr) stream.release(&stream);
    ARROW_RETURN_NOT_OK(inserted);
    return Guarded([&]() -> Result<int64_t> {
      auto counted = connection_.Query("SELECT count(*) FROM " + table.ToSql());
      if (counted->HasError()) return FromDuckDb(counted->GetErrorObject());
      return counted->GetValue(0, 0).GetValue<int64_t>();
    });
  }

  Result<Drained> Drain(const std::string& sql) override {
    return Guarded([&]() -> Result<Drained> {
      auto result = connection_.SendQuery(sql);
      return DrainResult(*result, *connection_.context);
    });
  }

  Result<std::unique_ptr<Lookup>> NewLookup(const std::string& sql, Plan plan) override {
    return Guarded([&]() -> Result<std::unique_ptr<Lookup>> {
      auto lookup = std::make_unique<DuckDbLookup>(database_, sql);
      if (plan == Plan::kKept) ARROW_RETURN_NOT_OK(lookup->KeepPlan());
      return lookup;
    });
  }

 private:
  duckdb::DuckDB database_;
  duckdb::Connection connection_;
};

}  // namespace

Result<std::unique_ptr<Baseline>> Baseline::Open(const std::string& path, int threads) {
  return Guarded([&]() -> Result<std::unique_ptr<Baseline>> {
    duckdb::DBConfig config;
    if (threads > 0) config.SetOptionByName("threads", duckdb::Value::BIGINT(threads));
    return std::make_unique<DuckDbBaseline>(path, config);
  });
}

}  // namespace arrowport::engine
