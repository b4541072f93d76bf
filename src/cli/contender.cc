#include "cli/contender.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "cli/client_load.h"
#include "cli/point_load.h"
#include "cli/put_load.h"
#include "cli/put_over_http.h"
#include "cli/row_set.h"
#include "client/address.h"
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

// Takes every batch of `reader`; the time is for the caller to fill in.
Result<Sample> Drain(arrow::RecordBatchReader& reader) {
  Sample sample;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
    if (batch == nullptr) return sample;
    sample.rows += batch->num_rows();
    sample.bytes += BytesOf(*batch);
  }
}

Sample SampleOf(const LoadTimes& times) {
  return {.seconds = times.p50_seconds,
          .rows = times.answers,
          .bytes = 0,
          .wire_bytes = 0,
          .p99_seconds = times.p99_seconds,
          .per_second = times.per_second};
}

class ClientContender : public Contender {
 public:
  ClientContender(client::Client& client, int endpoints) : client_(client), endpoints_(endpoints) {}

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
    if (endpoints_ > 0) {
      request.ordered = false;
      request.parallel = true;
      request.endpoints = endpoints_;
    }
    const Stopwatch stopwatch;
    ARROW_ASSIGN_OR_RAISE(const auto reader, client_.Query(request));
    ARROW_ASSIGN_OR_RAISE(Sample sample, Drain(*reader));
    sample.seconds = stopwatch.seconds();
    return sample;
  }

 private:
  client::Client& client_;
  const int endpoints_;
};

class ClientAsker final : public PointAsker {
 public:
  ClientAsker(std::unique_ptr<client::Client> client, const std::string& sql)
      : client_(std::move(client)) {
    request_.sql = sql;
    request_.aligned = false;
  }

  Result<int64_t> Ask(int64_t key) override {
    request_.params_json = "[" + std::to_string(key) + "]";
    ARROW_ASSIGN_OR_RAISE(const auto reader, client_->Query(request_));
    ARROW_ASSIGN_OR_RAISE(const Sample sample, Drain(*reader));
    return sample.rows;
  }

 private:
  const std::unique_ptr<client::Client> client_;
  client::QueryRequest request_;
};

class ClientPutter final : public LoadClient {
 public:
  ClientPutter(std::unique_ptr<client::Client> client, std::string table, const RowSet& rows)
      : client_(std::move(client)), table_(std::move(table)), rows_(rows) {}

  Status Call() override {
    const auto reader = rows_.Reader();
    return client_->Put(table_, *reader, [](int64_t, int64_t) {}).status();
  }

 private:
  const std::unique_ptr<client::Client> client_;
  const std::string table_;
  const RowSet& rows_;
};

class KeptPutter final : public LoadClient {
 public:
  KeptPutter(std::unique_ptr<client::OpenPut> put, std::shared_ptr<arrow::RecordBatch> rows)
      : put_(std::move(put)), rows_(std::move(rows)) {}

  Status Call() override { return put_->Commit(*rows_).status(); }

 private:
  const std::unique_ptr<client::OpenPut> put_;
  const std::shared_ptr<arrow::RecordBatch> rows_;
};

class ServerContender : public ClientContender {
 public:
  ServerContender(std::string url, std::unique_ptr<client::Client> client, int endpoints)
      : ClientContender(*client, endpoints), url_(std::move(url)), client_(std::move(client)) {}

  Result<Sample> Points(const PointLoad& load) override {
    std::vector<std::unique_ptr<PointAsker>> askers;
    for (int i = 0; i < load.clients; ++i) {
      ARROW_ASSIGN_OR_RAISE(auto client, client::Client::Connect(url_, {}));
      askers.push_back(std::make_unique<ClientAsker>(std::move(client), load.sql));
    }
    ARROW_ASSIGN_OR_RAISE(const LoadTimes times, AskTogether(askers, load));
    return SampleOf(times);
  }

  Result<Sample> Puts(const std::string& table, const PutLoad& load) override {
    ARROW_ASSIGN_OR_RAISE(const client::Address address, client::ParseAddress(url_));
    if (address.scheme == client::Scheme::kHttp) {
      ARROW_ASSIGN_OR_RAISE(const LoadTimes times, PutOverHttp(url_, table, load));
      return SampleOf(times);
    }
    return PutTogether(load, [&](std::unique_ptr<client::Client> client) -> MadePutter {
      return std::make_unique<ClientPutter>(std::move(client), table, *load.rows);
    });
  }

 protected:
  using MadePutter = Result<std::unique_ptr<LoadClient>>;

  // Gives each client of `load` a connection, of which `make` makes a MadePutter.
  template <typename Make>
  Result<Sample> PutTogether(const PutLoad& load, const Make& make) const {
    std::vector<std::unique_ptr<LoadClient>> putters;
    for (int i = 0; i < load.clients; ++i) {
      ARROW_ASSIGN_OR_RAISE(auto client, client::Client::Connect(url_, {}));
      ARROW_ASSIGN_OR_RAISE(auto putter, make(std::move(client)));
      putters.push_back(std::move(putter));
    }
    ARROW_ASSIGN_OR_RAISE(const LoadTimes times, CallTogether(putters, load.duration));
    return SampleOf(times);
  }

 private:
  const std::string url_;
  const std::unique_ptr<client::Client> client_;
};

class KeptPutContender final : public ServerContender {
 public:
  using ServerContender::ServerContender;

  Result<Sample> Puts(const std::string& table, const PutLoad& load) override {
    ARROW_ASSIGN_OR_RAISE(const auto rows, arrow::ConcatenateRecordBatches(load.rows->batches));
    return PutTogether(load, [&](const std::unique_ptr<client::Client>& client) -> MadePutter {
      ARROW_ASSIGN_OR_RAISE(auto put, client->BeginPut(table, load.rows->schema));
      return std::make_unique<KeptPutter>(std::move(put), rows);
    });
  }
};

class LookupAsker final : public PointAsker {
 public:
  explicit LookupAsker(std::unique_ptr<engine::Baseline::Lookup> lookup)
      : lookup_(std::move(lookup)) {}

  Result<int64_t> Ask(int64_t key) override {
    ARROW_ASSIGN_OR_RAISE(const engine::Baseline::Drained drained, lookup_->Find(key));
    return drained.rows;
  }

 private:
  const std::unique_ptr<engine::Baseline::Lookup> lookup_;
};

class WritingPutter final : public LoadClient {
 public:
  explicit WritingPutter(std::unique_ptr<engine::Baseline::Writer> writer)
      : writer_(std::move(writer)) {}

  Status Call() override { return writer_->Write(); }

 private:
  const std::unique_ptr<engine::Baseline::Writer> writer_;
};

class InProcessContender final : public Contender {
 public:
  InProcessContender(engine::Baseline& baseline, engine::Baseline::Plan plan)
      : baseline_(baseline), plan_(plan) {}

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

  Result<Sample> Points(const PointLoad& load) override {
    std::vector<std::unique_ptr<PointAsker>> askers;
    for (int i = 0; i < load.clients; ++i) {
      ARROW_ASSIGN_OR_RAISE(auto lookup, baseline_.NewLookup(load.sql, plan_));
      askers.push_back(std::make_unique<LookupAsker>(std::move(lookup)));
    }
    ARROW_ASSIGN_OR_RAISE(const LoadTimes times, AskTogether(askers, load));
    return SampleOf(times);
  }

  Result<Sample> Puts(const std::string& table, const PutLoad& load) override {
    ARROW_ASSIGN_OR_RAISE(const engine::TableName name, engine::TableName::Parse(table));
    std::vector<std::unique_ptr<LoadClient>> putters;
    for (int i = 0; i < load.clients; ++i) {
      ARROW_ASSIGN_OR_RAISE(auto writer,
                            baseline_.NewWriter(name, load.rows->schema, load.rows->batches));
      putters.push_back(std::make_unique<WritingPutter>(std::move(writer)));
    }
    ARROW_ASSIGN_OR_RAISE(const LoadTimes times, CallTogether(putters, load.duration));
    return SampleOf(times);
  }

 private:
  engine::Baseline& baseline_;
  const engine::Baseline::Plan plan_;
};

}  // namespace

std::unique_ptr<Contender> ThroughClient(client::Client& client) {
  return std::make_unique<ClientContender>(client, 0);
}

Result<std::unique_ptr<Contender>> ThroughServer(const std::string& url, int endpoints) {
  ARROW_ASSIGN_OR_RAISE(auto client, client::Client::Connect(url, {}));
  return std::make_unique<ServerContender>(url, std::move(client), endpoints);
}

Result<std::unique_ptr<Contender>> ThroughKeptPuts(const std::string& url) {
  ARROW_ASSIGN_OR_RAISE(auto client, client::Client::Connect(url, {}));
  return std::make_unique<KeptPutContender>(url, std::move(client), /*endpoints=*/0);
}

std::unique_ptr<Contender> InProcess(engine::Baseline& baseline, engine::Baseline::Plan plan) {
  return std::make_unique<InProcessContender>(baseline, plan);
}

}  // namespace arrowport::cli
