#include "engine/baseline.h"

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/c/bridge.h>
#include <duckdb.hpp>
#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_type_extension.hpp>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/main/appender.hpp>
#include <duckdb/main/relation.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/arrow_schema.h"
#include "engine/database.h"
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

// The rows of `reader` as a relation of `connection`, for one use.
class ArrowScan {
 public:
  explicit ArrowScan(std::shared_ptr<arrow::RecordBatchReader> reader)
      : exported_(arrow::ExportRecordBatchReader(std::move(reader), &stream_)) {}
  ArrowScan(const ArrowScan&) = delete;
  ArrowScan& operator=(const ArrowScan&) = delete;
  ~ArrowScan() {
    if (exported_.ok() && stream_.release != nullptr) stream_.release(&stream_);
  }

  // Runs `use` of the relation.
  template <typename Use>
  Status With(duckdb::Connection& connection, const Use& use) {
    ARROW_RETURN_NOT_OK(exported_);
    return Guarded([&] {
      use(*connection.TableFunction(
          "arrow_scan", {duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&stream_)),
                         duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&ProduceStream)),
                         duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&GetSchema))}));
      return Status::OK();
    });
  }

 private:
  ArrowArrayStream stream_{};
  const Status exported_;
};

// Rows as DuckDB has them.
struct OwnRows {
  duckdb::unique_ptr<duckdb::QueryResult> result;  // Owns what the chunks point to.
  std::vector<duckdb::unique_ptr<duckdb::DataChunk>> chunks;
};

Result<OwnRows> OwnRowsOf(duckdb::Connection& connection,
                          std::shared_ptr<arrow::RecordBatchReader> reader) {
  OwnRows rows;
  ARROW_RETURN_NOT_OK(ArrowScan(std::move(reader)).With(connection, [&](duckdb::Relation& scan) {
    rows.result = scan.Execute();
    if (rows.result->HasError()) return;
    while (auto chunk = rows.result->Fetch()) rows.chunks.push_back(std::move(chunk));
  }));
  if (rows.result->HasError()) return FromDuckDb(rows.result->GetErrorObject());
  return rows;
}

class RowWriter final : public Baseline::Writer {
 public:
  explicit RowWriter(std::unique_ptr<duckdb::Connection> connection)
      : connection_(std::move(connection)) {}

  Status Open(const TableName& table, duckdb::DataChunk& row) {
    std::string sql = "INSERT INTO " + table.ToSql() + " VALUES (";
    for (idx_t i = 0; i < row.ColumnCount(); ++i) {
      sql += i == 0 ? "?" : ", ?";
      values_.push_back(row.GetValue(i, 0));
    }
    return Guarded([&] {
      statement_ = connection_->Prepare(sql + ")");
      return statement_->HasError() ? FromDuckDb(statement_->error) : Status::OK();
    });
  }

  Status Write() override {
    return Guarded([&] {
      const auto result = statement_->Execute(values_, /*allow_stream_result=*/false);
      return result->HasError() ? FromDuckDb(result->GetErrorObject()) : Status::OK();
    });
  }

 private:
  const std::unique_ptr<duckdb::Connection> connection_;
  duckdb::vector<duckdb::Value> values_;
  duckdb::unique_ptr<duckdb::PreparedStatement> statement_;
};

class AppendingWriter final : public Baseline::Writer {
 public:
  AppendingWriter(std::unique_ptr<duckdb::Connection> connection, OwnRows rows)
      : connection_(std::move(connection)), rows_(std::move(rows)) {}

  Status Open(const TableName& table) {
    return Guarded([&] {
      appender_ = std::make_unique<duckdb::Appender>(*connection_, table.name);
      return Status::OK();
    });
  }

  Status Write() override {
    return Guarded([&] {
      for (const auto& chunk : rows_.chunks) appender_->AppendDataChunk(*chunk);
      appender_->Flush();
      return Status::OK();
    });
  }

 private:
  const std::unique_ptr<duckdb::Connection> connection_;
  const OwnRows rows_;
  std::unique_ptr<duckdb::Appender> appender_;
};

class InsertingWriter final : public Baseline::Writer {
 public:
  InsertingWriter(std::unique_ptr<duckdb::Connection> connection, TableName table,
                  std::shared_ptr<arrow::Schema> schema,
                  std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
      : connection_(std::move(connection)),
        table_(std::move(table)),
        schema_(std::move(schema)),
        batches_(std::move(batches)) {}

  Status Write() override {
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make(batches_, schema_));
    return ArrowScan(std::move(reader)).With(*connection_, [&](duckdb::Relation& scan) {
      scan.Insert(table_.name);
    });
  }

 private:
  const std::unique_ptr<duckdb::Connection> connection_;
  const TableName table_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
};

class DuckDbBaseline final : public Baseline {
 public:
  DuckDbBaseline(const std::string& path, duckdb::DBConfig& config)
      : database_(path, &config), connection_(database_) {}

  Result<int64_t> Insert(const TableName& table,
                         std::shared_ptr<arrow::RecordBatchReader> batches) override {
    ARROW_RETURN_NOT_OK(
        ArrowScan(std::move(batches)).With(connection_, [&](duckdb::Relation& scan) {
          scan.Create(table.name);
        }));
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

  Result<std::unique_ptr<Writer>> NewWriter(
      const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
      const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) override {
    // An appender writes with one thread, and commits what is more than this in pieces.
    constexpr int64_t kAppendRowsMax = 20'000;
    const int64_t rows = CountRows(batches);
    ARROW_RETURN_NOT_OK(MakeTable(table, schema));
    auto connection = std::make_unique<duckdb::Connection>(database_);
    if (rows > kAppendRowsMax) {
      return std::make_unique<InsertingWriter>(std::move(connection), table, schema, batches);
    }
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make(batches, schema));
    ARROW_ASSIGN_OR_RAISE(OwnRows own, OwnRowsOf(*connection, std::move(reader)));
    if (rows == 1) {
      auto writer = std::make_unique<RowWriter>(std::move(connection));
      ARROW_RETURN_NOT_OK(writer->Open(table, *own.chunks.front()));
      return writer;
    }
    auto writer = std::make_unique<AppendingWriter>(std::move(connection), std::move(own));
    ARROW_RETURN_NOT_OK(writer->Open(table));
    return writer;
  }

 private:
  Status MakeTable(const TableName& table, const std::shared_ptr<arrow::Schema>& schema) {
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make({}, schema));
    return ArrowScan(std::move(reader)).With(connection_, [&](duckdb::Relation& scan) {
      if (connection_.TableInfo(table.name) == nullptr) scan.Create(table.name);
    });
  }

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
