#include "engine/stream_exchange.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/bound_parameter_map.hpp>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "engine/batch_source.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"
#include "engine/exchange.h"
#include "engine/execution.h"
#include "engine/execution_stream.h"
#include "engine/morsel_feed.h"
#include "engine/planning.h"
#include "engine/result_budget.h"
#include "engine/result_stream.h"
#include "engine/scalar.h"
#include "engine/sql.h"

namespace arrowport::engine {
namespace {

/// The rows of an exchange: at their end the input is not needed any more.
class ExchangeRows final : public ResultStream {
 public:
  ExchangeRows(std::shared_ptr<ResultStream> rows, std::shared_ptr<MorselFeed> feed)
      : rows_(std::move(rows)), feed_(std::move(feed)) {}

  ~ExchangeRows() override { CloseFeed(); }

  ExchangeRows(const ExchangeRows&) = delete;
  ExchangeRows& operator=(const ExchangeRows&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return rows_->schema();
  }
  [[nodiscard]] bool ordered() const override { return rows_->ordered(); }
  [[nodiscard]] Status status() const override { return rows_->status(); }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    const QueueState state = rows_->Poll(batch, std::move(wake));
    if (state == QueueState::kClosed) CloseFeed();
    return state;
  }

  void Cancel(const Status& reason) override {
    // In this order: a worker that finds the source closed would end the query for its own reason.
    rows_->Cancel(reason);
    feed_->Abort(reason);
  }

 private:
  void CloseFeed() {
    feed_->Abort(MakeError(ErrorKind::kCancelled, "the statement needs no more of its input"));
  }

  const std::shared_ptr<ResultStream> rows_;
  const std::shared_ptr<MorselFeed> feed_;
};

class StreamExchange final : public Exchange {
 public:
  StreamExchange(std::shared_ptr<ResultStream> rows, std::shared_ptr<MorselFeed> feed)
      : rows_(std::move(rows)), feed_(std::move(feed)) {}

  ~StreamExchange() override {
    Abort(MakeError(ErrorKind::kCancelled, "the exchange was given up before its end"));
  }

  StreamExchange(const StreamExchange&) = delete;
  StreamExchange& operator=(const StreamExchange&) = delete;

  [[nodiscard]] const std::shared_ptr<ResultStream>& rows() const override { return rows_; }

  QueueState Write(std::shared_ptr<arrow::RecordBatch> batch, std::function<void()> wake) override {
    const auto written = feed_->Write(std::move(batch), wake);
    if (written.ok()) return *written;
    Abort(written.status());
    return QueueState::kClosed;
  }

  void EndInput() override { feed_->End(); }

  void Abort(const Status& reason) override { rows_->Cancel(reason); }

 private:
  const std::shared_ptr<ResultStream> rows_;
  const std::shared_ptr<MorselFeed> feed_;
};

// Makes the batches of `source` what `name` stands for on this connection, before any table.
void NameInput(duckdb::ClientContext& context, duckdb::shared_ptr<BatchSource> source,
               const std::string& name) {
  BatchSource::Attach(context, std::move(source));
  // Rows must not wait in an operator for others to join them, when the next batch may take long.
  duckdb::ClientConfig::GetConfig(context).enable_caching_operators = false;
  const std::string sql =
      "CREATE TEMPORARY VIEW " + QuoteIdentifier(name) + " AS SELECT * FROM arrowport_batches()";
  const auto made = context.Query(sql, duckdb::QueryParameters(false));
  if (made->HasError()) made->ThrowError();
}

bool Contains(const std::string& sql, const std::string& word) {
  return duckdb::StringUtil::Contains(duckdb::StringUtil::Lower(sql),
                                      duckdb::StringUtil::Lower(word));
}

Result<std::vector<std::string>> NamesOfTables(duckdb::Connection& connection,
                                               duckdb::SQLStatement& parsed,
                                               const Statement& statement) {
  ARROW_ASSIGN_OR_RAISE(auto parameters, ToDuckDbParameters(statement.parameters));
  return Guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
      duckdb::BoundParameterMap bound(parameters);
      const auto binder = duckdb::Binder::CreateBinder(context);
      binder->SetParameters(bound);
      binder->SetBindingMode(duckdb::BindingMode::EXTRACT_NAMES);
      binder->Bind(parsed);
      for (const std::string& name : binder->GetTableNames()) names.push_back(name);
    });
    return names;
  });
}

using Parsed = duckdb::unique_ptr<duckdb::SQLStatement>;

Result<Parsed> ParseOne(duckdb::Connection& connection, const Statement& statement) {
  auto statements = connection.ExtractStatements(statement.sql);
  if (statements.size() == 1) return std::move(statements.front());
  return MakeError(
      ErrorKind::kInvalidInput,
      "an exchange takes a single statement; this text holds " + std::to_string(statements.size()));
}

Result<bool> ReadsTable(duckdb::Connection& connection, duckdb::SQLStatement& parsed,
                        const Statement& statement, const std::string& name) {
  const auto names = NamesOfTables(connection, parsed, statement);
  // DuckDB cannot name the tables of every statement before they are there. Then the word decides.
  if (!names.ok()) return Contains(statement.sql, name);
  return std::any_of(names->begin(), names->end(), [&](const std::string& table) {
    return duckdb::StringUtil::CIEquals(table, name);
  });
}

}  // namespace

Result<std::shared_ptr<Exchange>> BeginStreamExchange(const std::shared_ptr<Core>& core,
                                                      const Statement& statement,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      const ExchangeOptions& options,
                                                      const CallControl& control) {
  const auto feed = std::make_shared<MorselFeed>(schema, core->options.put_bytes_max,
                                                 MorselFeed::Gather::kNothing);
  {
    ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
    ARROW_RETURN_NOT_OK(MapColumns(*feed->schema(), *connection->context));
  }
  ARROW_ASSIGN_OR_RAISE(auto place, ResultBudget::Enter(core->result_budget));
  // The execution is not there yet when its first worker may park.
  struct Parking {
    std::mutex mutex;
    std::weak_ptr<Execution> execution;
  };
  const auto parking = std::make_shared<Parking>();
  feed->source()->set_on_park([parking] {
    std::shared_ptr<Execution> execution;
    {
      const std::lock_guard lock(parking->mutex);
      execution = parking->execution.lock();
    }
    if (execution != nullptr) execution->FlushIdle();
  });
  ExecutionOptions execution_options;
  execution_options.ordered = options.ordered;
  execution_options.eager = true;
  execution_options.prepare_context = [&](duckdb::ClientContext& context) {
    NameInput(context, feed->source(), options.input_name);
  };
  ARROW_ASSIGN_OR_RAISE(auto execution,
                        Execution::Start(core, statement, execution_options, control));
  {
    const std::lock_guard lock(parking->mutex);
    parking->execution = execution;
  }
  feed->OnFailure([weak = std::weak_ptr(execution)](const Status& reason) {
    if (const auto running = weak.lock()) running->Cancel(reason);
  });
  auto rows = MakeResultStream(std::move(execution), std::move(place));
  auto exchange_rows = std::make_shared<ExchangeRows>(std::move(rows), feed);
  return std::make_shared<StreamExchange>(std::move(exchange_rows), feed);
}

Result<bool> ReadsTable(const std::shared_ptr<Core>& core, const Statement& statement,
                        const std::string& name) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  Planning planning(core->plan_budget, {}, connection->context.get());
  auto reads = Guarded([&]() -> Result<bool> {
    ARROW_ASSIGN_OR_RAISE(const auto parsed, ParseOne(*connection, statement));
    return ReadsTable(*connection, *parsed, statement, name);
  });
  ARROW_RETURN_NOT_OK(planning.Explain(reads.status()));
  return reads;
}

Status CheckSelectsFrom(const std::shared_ptr<Core>& core, const Statement& statement,
                        const std::string& name) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  Planning planning(core->plan_budget, {}, connection->context.get());
  return planning.Explain(Guarded([&]() -> Status {
    ARROW_ASSIGN_OR_RAISE(const auto parsed, ParseOne(*connection, statement));
    if (parsed->type != duckdb::StatementType::SELECT_STATEMENT) {
      return MakeError(ErrorKind::kInvalidInput, "one SELECT that reads from " + name +
                                                     " is taken here; this is " +
                                                     duckdb::StatementTypeToString(parsed->type));
    }
    ARROW_ASSIGN_OR_RAISE(const bool reads, ReadsTable(*connection, *parsed, statement, name));
    if (reads) return Status::OK();
    return MakeError(ErrorKind::kInvalidInput, "the SELECT reads no table that it calls " + name +
                                                   ", which is what clients send; write FROM " +
                                                   name);
  }));
}

}  // namespace arrowport::engine
