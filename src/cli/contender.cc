#include "cli/contender.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "cli/row_set.h"
#include "client/client.h"
#include "engine/baseline.h"
#include "engine/table.h"

namespace arrowport::cli {
namespace {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class ClientContender final : public Contender {
 public:
  explicit ClientContender(client::Client& client) : client_(client) {}

  Status Prepare(const std::string& table, const RowSet& rows) override {
    RowSet empty;
    empty.schema = rows.schema;
    return Put(table, empty).status();
  }

  Result<Sample> Put(const std::string& table, const RowSet& rows) override {
    const auto reader = rows.Reader();
    const Stopwatch stopwatch;
    ARROW_ASSIGN_OR_RAISE(const client::PutAnswer answer,
                          client_.Put(table, *reader, [](int64_t, int64_t) {}));
    return Sample{.seconds = stopwatch.seconds(), .rows = answer.rows, .bytes = rows.bytes};
  }

  Result<Sample> Read(const std::string& sql) override {
    client::QueryRequest request;
    request.sql = sql;
    request.aligned = false;  // DuckDB's own rows are only counted, too.
    Sample sample;
    const Stopwatch stopwatch;
    ARROW_ASSIGN_OR_RAISE(const auto reader, client_.Query(request));
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
      if (batch == nullptr) break;
      sample.rows += batch->num_rows();
      sample.bytes += BytesOf(*batch);
    }
    sample.seconds = stopwatch.seconds();
    return sample;
  }

 private:
  client::Client& client_;
};

class InProcessContender final : public Contender {
 public:
  explicit InProcessContender(engine::Baseline& baseline) : baseline_(baseline) {}

  // A put makes its table.
  [[nodiscard]] bool AppendsToTables() const override { return false; }

  Status Prepare(const std::string& /*table*/, const RowSet& /*rows*/) override {
    return Status::OK();
  }

  Result<Sample> Put(const std::string& table, const RowSet& rows) override {
    ARROW_ASSIGN_OR_RAISE(const engine::TableName name, engine::TableName::Parse(table));
    const Stopwatch stopwatch;
    ARROW_ASSIGN_OR_RAISE(const int64_t landed, baseline_.Insert(name, rows.Reader()));
    return Sample{.seconds = stopwatch.seconds(), .rows = landed, .bytes = rows.bytes};
  }

  Result<Sample> Read(const std::string& sql) override {
    const Stopwatch stopwatch;
    ARROW_ASSIGN_OR_RAISE(const engine::Baseline::Drained drained, baseline_.Drain(sql));
    return Sample{.seconds = stopwatch.seconds(), .rows = drained.rows, .bytes = drained.bytes};
  }

 private:
  engine::Baseline& baseline_;
};

}  // namespace

std::unique_ptr<Contender> ThroughClient(client::Client& client) {
  return std::make_unique<ClientContender>(client);
}

std::unique_ptr<Contender> InProcess(engine::Baseline& baseline) {
  return std::make_unique<InProcessContender>(baseline);
}

}  // namespace arrowport::cli
