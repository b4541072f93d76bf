#include "engine/run_planned.h"

#include <stop_token>
#include <string>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/execution/operator/helper/physical_result_collector.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/pending_query_result.hpp>
#include <duckdb/main/prepared_statement.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

#include "engine/core.h"
#include "engine/gate_statement.h"
#include "engine/pipeline_bytes.h"
#include "engine/planning.h"
#include "engine/statement_changes.h"

namespace arrowport::engine {
namespace {

// DuckDB asks for a collector when it has a plan, and before it does anything with it.
class GateHook {
 public:
  GateHook(Core& core, duckdb::Connection& connection, GateEntry& entry,
           const std::stop_token& stop)
      : collector_(duckdb::ClientConfig::GetConfig(*connection.context).get_result_collector) {
    collector_ = [&core, &entry, stop](duckdb::ClientContext& context,
                                       duckdb::PreparedStatementData& statement) {
      Planning::Finish(PipelineBytes(statement.physical_plan->Root()));
      GateStatement(core, context, statement, ChangesOf(statement), &entry, stop);
      return duckdb::PhysicalResultCollector::GetResultCollector(context, statement);
    };
  }
  ~GateHook() { collector_ = nullptr; }
  GateHook(const GateHook&) = delete;
  GateHook& operator=(const GateHook&) = delete;

 private:
  decltype(duckdb::ClientConfig::get_result_collector)& collector_;
};

GateEntry Enter(Core& core, duckdb::Connection& connection, const duckdb::SQLStatement& statement,
                Planning& planning, const std::stop_token& stop) {
  GateEntry entry;
  // It may wait for others, for longer than planning may take.
  Planning::TurnOff();
  EnterForIndex(core, connection, statement, &entry, stop);
  planning.TurnOn();
  return entry;
}

// `plan` makes a pending result, also again.
template <typename Plan>
duckdb::unique_ptr<duckdb::QueryResult> Run(Core& core, duckdb::Connection& connection,
                                            GateEntry entry, const std::stop_token& stop,
                                            const Plan& plan) {
  const GateHook hook(core, connection, entry, stop);
  auto pending = plan();
  if (pending->HasError() && Reenter(core, &entry, stop)) pending = plan();
  if (!pending->HasError()) return pending->Execute();
  return duckdb::make_uniq<duckdb::MaterializedQueryResult>(pending->GetErrorObject());
}

}  // namespace

duckdb::unique_ptr<duckdb::QueryResult> RunPlanned(
    Core& core, duckdb::Connection& connection, duckdb::unique_ptr<duckdb::SQLStatement> statement,
    Planning& planning, const std::stop_token& stop) {
  const std::string text = TextOf(*statement);
  GateEntry entry = Enter(core, connection, *statement, planning, stop);
  return Run(core, connection, std::move(entry), stop, [&] {
    if (statement == nullptr) statement = std::move(connection.ExtractStatements(text).back());
    return connection.context->PendingQuery(std::move(statement), duckdb::QueryParameters(false));
  });
}

duckdb::unique_ptr<duckdb::QueryResult> RunPlanned(Core& core, duckdb::Connection& connection,
                                                   duckdb::PreparedStatement& prepared,
                                                   const duckdb::vector<duckdb::Value>& values,
                                                   Planning& planning,
                                                   const std::stop_token& stop) {
  GateEntry entry = Enter(core, connection, *prepared.data->unbound_statement, planning, stop);
  return Run(core, connection, std::move(entry), stop, [&] {
    auto bound = values;
    return prepared.PendingQuery(bound, /*allow_stream_result=*/false);
  });
}

}  // namespace arrowport::engine
