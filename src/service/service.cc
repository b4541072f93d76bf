#include "service/service.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "access/authorizer.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "engine/database.h"
#include "engine/exchange.h"
#include "engine/result_stream.h"
#include "engine/table.h"
#include "engine/table_read.h"
#include "observe/metrics.h"
#include "service/added_columns.h"
#include "service/exchangers.h"
#include "service/file_shelf.h"
#include "service/prepared_statements.h"
#include "service/put.h"
#include "service/put_account.h"
#include "service/put_request.h"
#include "service/result_offers.h"
#include "service/router.h"
#include "service/schema_registry.h"
#include "service/service_impl.h"
#include "service/spill_space.h"
#include "service/spilling_exchange.h"
#include "service/staged_ingests.h"
#include "service/stream_put.h"
#include "service/stream_table.h"
#include "service/table_file.h"
#include "service/table_reads.h"
#include "service/text_columns.h"
#include "service/transfer.h"
#include "service/transfers.h"
#include "stream/batch_encoder.h"

namespace arrowport::service {

namespace {

constexpr auto kIdleLookStep = std::chrono::milliseconds(5);

std::string AllRowsOf(const engine::TableName& table) { return "SELECT * FROM " + table.ToSql(); }

}  // namespace

Service::Service(std::shared_ptr<engine::Database> database, observe::Metrics& metrics,
                 const ServiceOptions& options)
    : impl_(std::make_shared<Impl>(std::move(database), metrics, options)) {}

Service::~Service() = default;

Result<std::shared_ptr<engine::ResultStream>> Service::Query(const Call& call,
                                                             const engine::Statement& statement,
                                                             const engine::QueryOptions& options) {
  ARROW_RETURN_NOT_OK(CheckUtf8(statement.sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, statement.sql));
  ARROW_ASSIGN_OR_RAISE(const auto place, impl_->PlaceOf(call, statement.sql, options.read_only));
  return place->Query(statement, options, call.control);
}

Result<std::shared_ptr<engine::ResultStream>> Service::ReadTable(
    const Call& call, std::string_view table, const engine::TableRead& read,
    const engine::QueryOptions& options) {
  // Tells a missing table from a missing column or function by its kind and its words.
  ARROW_ASSIGN_OR_RAISE(const auto info, DescribeTable(call, table));
  ARROW_ASSIGN_OR_RAISE(const auto statement, PlanTableRead(info, read));
  engine::QueryOptions reading = options;
  reading.read_only = true;
  auto rows = Query(call, statement, reading);
  if (rows.ok()) return rows;
  return BlameTableRead(*impl_->database, info, read, rows.status());
}

Result<std::string> Service::TableVersion(const Call& call, std::string_view table) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, table));
  ARROW_ASSIGN_OR_RAISE(const auto name, engine::TableName::Parse(table));
  ARROW_ASSIGN_OR_RAISE(auto found, impl_->database->TableVersion(name));
  return std::move(found.version);
}

Result<std::unique_ptr<TableFileRequest>> Service::OpenTableFile(const Call& call,
                                                                 std::string_view table,
                                                                 stream::WireFormat format) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, table));
  ARROW_ASSIGN_OR_RAISE(const auto name, engine::TableName::Parse(table));
  ARROW_ASSIGN_OR_RAISE(const auto found, impl_->database->TableVersion(name));
  const FileKey key = {.table = found.name.ToString(), .version = found.version, .format = format};
  OpenRows rows = [database = impl_->database, table = found.name](const std::stop_token& stop) {
    return database->Query({.sql = AllRowsOf(table), .parameters = {}}, {.read_only = true},
                           {.deadline = {}, .stop = stop});
  };
  return impl_->files.Get(key, std::move(rows));
}

int64_t Service::file_bytes_held() const { return impl_->files.bytes_held(); }

Result<Offer> Service::OfferQuery(const Call& call, const engine::Statement& statement,
                                  const OfferOptions& options) {
  ARROW_ASSIGN_OR_RAISE(Offer offer, MakeOffer(call, statement, options));
  if (offer.rows < 0) {
    offer.rows = impl_->database->KnownRows(statement, call.control).ValueOr(-1);
  }
  return offer;
}

Result<Offer> Service::OfferMany(const Call& call, const std::string& sql,
                                 const engine::ParameterRows& rows) {
  ARROW_RETURN_NOT_OK(CheckUtf8(sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, sql));
  ARROW_ASSIGN_OR_RAISE(const auto place, impl_->PlaceOf(call, sql));
  return impl_->offers.MakeMany(call, *place, sql, rows, QueryAt(place));
}

Result<Offer> Service::MakeOffer(const Call& call, const engine::Statement& statement,
                                 const OfferOptions& options) {
  ARROW_RETURN_NOT_OK(CheckUtf8(statement.sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, statement.sql));
  ARROW_ASSIGN_OR_RAISE(const auto place, impl_->PlaceOf(call, statement.sql));
  return impl_->offers.Make(call, *place, statement, options, QueryAt(place));
}

// Asked again when a ticket is used: what it may do is decided then.
ResultOffers::Query Service::QueryAt(const std::shared_ptr<StatementPlace>& place) {
  if (!place->is_kept()) return std::bind_front(&Service::Query, this);
  return [place](const Call& call, const engine::Statement& statement,
                 const engine::QueryOptions& options) {
    return place->Query(statement, options, call.control);
  };
}

Result<Offer> Service::OfferTable(const Call& call, std::string_view table,
                                  const OfferOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto described, DescribeTable(call, table));
  ARROW_ASSIGN_OR_RAISE(
      Offer offer, MakeOffer(call, {.sql = AllRowsOf(described.name), .parameters = {}}, options));
  if (offer.rows < 0) offer.rows = described.rows;
  return offer;
}

Result<bool> Service::TakesInput(const Call& call, const engine::Statement& statement,
                                 const engine::ExchangeOptions& options) {
  ARROW_RETURN_NOT_OK(CheckUtf8(statement.sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, statement.sql));
  return impl_->database->ReadsTable(statement, options.input_name);
}

Result<std::shared_ptr<engine::Exchange>> Service::BeginExchange(
    const Call& call, const engine::Statement& statement,
    const std::shared_ptr<arrow::Schema>& schema, const engine::ExchangeOptions& options) {
  ARROW_RETURN_NOT_OK(CheckUtf8(statement.sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, statement.sql));
  ARROW_ASSIGN_OR_RAISE(auto exchange,
                        impl_->database->BeginExchange(statement, schema, options, call.control));
  return MakeSpillingExchange(std::move(exchange), impl_->spill);
}

Result<Exchanger> Service::AddExchanger(const Call& call, std::string_view name,
                                        std::string_view sql) {
  ARROW_RETURN_NOT_OK(CheckUtf8(sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kPut, name));
  return impl_->exchangers.Add(call.control, name, sql);
}

Result<Exchanger> Service::FindExchanger(const Call& call, std::string_view name) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, name));
  return impl_->exchangers.Find(call.control, name);
}

Result<std::vector<Exchanger>> Service::ListExchangers(const Call& call) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, "exchangers"));
  return impl_->exchangers.List(call.control);
}

Status Service::DropExchanger(const Call& call, std::string_view name) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kPut, name));
  return impl_->exchangers.Drop(call.control, name);
}

Result<TransferSummary> Service::Transfer(const Call& call, const TransferRequest& request) {
  const auto action =
      request.way == TransferWay::kPull ? access::Action::kPut : access::Action::kQuery;
  ARROW_RETURN_NOT_OK(impl_->Admit(call, action, request.url));
  return impl_->transfers.Run(*this, call, request);
}

Status Service::CheckConfiguration() const {
  ARROW_RETURN_NOT_OK(impl_->exchangers.CheckConfigured());
  return impl_->ingests.status();
}

bool Service::IsTicket(std::string_view text) { return OfferedResults::IsTicket(text); }

Result<std::shared_ptr<engine::ResultStream>> Service::OpenTicket(const Call& call,
                                                                  std::string_view ticket) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, "a ticket"));
  return impl_->offers.tickets().Open(call, ticket);
}

Result<std::chrono::system_clock::time_point> Service::RenewTicket(const Call& call,
                                                                   std::string_view ticket) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, "a ticket"));
  return impl_->offers.tickets().Renew(call.caller, ticket);
}

Status Service::CancelTicket(const Call& call, std::string_view ticket) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, "a ticket"));
  return impl_->offers.tickets().Cancel(
      call.caller, ticket, MakeError(ErrorKind::kCancelled, "the result was cancelled"));
}

Result<std::shared_ptr<arrow::Schema>> Service::DescribeQuery(const Call& call,
                                                              const engine::Statement& statement) {
  ARROW_RETURN_NOT_OK(CheckUtf8(statement.sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, statement.sql));
  ARROW_ASSIGN_OR_RAISE(const auto place, impl_->PlaceOf(call, statement.sql));
  ARROW_ASSIGN_OR_RAISE(auto info, place->DescribeQuery(statement, {}, call.control));
  return info.schema;
}

Result<PreparedInfo> Service::Prepare(const Call& call, const std::string& sql) {
  ARROW_RETURN_NOT_OK(CheckUtf8(sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, sql));
  const engine::Statement statement{.sql = sql, .parameters = {}};
  ARROW_ASSIGN_OR_RAISE(const auto place, impl_->PlaceOf(call, sql));
  ARROW_ASSIGN_OR_RAISE(auto info, place->DescribeQuery(statement, {}, call.control));
  return impl_->statements.Add(call.caller, sql, std::move(info), call.transaction);
}

ClientSessions& Service::sessions() { return impl_->sessions; }

PreparedStatements& Service::statements() { return impl_->statements; }

Result<int64_t> Service::ExecuteMany(const Call& call, const std::string& sql,
                                     const engine::ParameterRows& rows) {
  ARROW_RETURN_NOT_OK(CheckUtf8(sql, "the SQL text"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kQuery, sql));
  ARROW_ASSIGN_OR_RAISE(const auto place, impl_->PlaceOf(call, sql));
  return place->ExecuteMany(sql, rows, call.control);
}

Result<engine::TableInfo> Service::DescribeTable(const Call& call, std::string_view table) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, table));
  ARROW_ASSIGN_OR_RAISE(const auto name, engine::TableName::Parse(table));
  return impl_->database->DescribeTable(name, call.control);
}

Result<std::vector<engine::TableInfo>> Service::ListTables(const Call& call) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, "tables"));
  return impl_->database->ListTables(call.control);
}

Result<std::vector<StreamInfo>> Service::ListStreams(const Call& call) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kDescribe, "streams"));
  std::vector<StreamInfo> streams = impl_->streams.List();
  for (StreamInfo& stream : streams) impl_->AddRule(stream);
  return streams;
}

Result<StreamInfo> Service::DescribeStream(const Call& call, const std::string& stream) {
  ARROW_ASSIGN_OR_RAISE(const auto streams, ListStreams(call));
  const auto found = std::ranges::find(streams, stream, &StreamInfo::name);
  if (found != streams.end()) return *found;
  StreamInfo info;
  info.name = stream;
  impl_->AddRule(info);
  if (info.rule.empty()) {
    return MakeError(ErrorKind::kNotFound,
                     "nothing was put to stream '" + stream +
                         "' since the server started, and no rule is about it");
  }
  return info;
}

Router& Service::router() { return impl_->router; }

SchemaRegistry& Service::schemas() { return impl_->schemas; }

Status Service::CheckHealth(const Call& call) {
  ARROW_ASSIGN_OR_RAISE(auto stream, Query(call, {.sql = "SELECT 1", .parameters = {}}, {}));
  return stream->Next().status();
}

Status Service::CheckReady() const {
  if (impl_->draining) return MakeError(ErrorKind::kUnavailable, "the server is shutting down");
  return impl_->database->CheckOpen();
}

Status Service::CheckRoom() const { return impl_->database->CheckRoom(); }

int64_t Service::prepared_statements() const { return impl_->statements.count(); }

int64_t Service::open_sessions() const { return impl_->sessions.sessions(); }

int64_t Service::open_transactions() const { return impl_->sessions.transactions(); }

int64_t Service::staged_ingests() const { return impl_->ingests.open_ingests(); }

int64_t Service::staged_bytes() const { return impl_->ingests.bytes_held(); }

void Service::StartDraining() {
  impl_->draining = true;
  impl_->puts.lanes->Hurry();
  impl_->offers.tickets().Clear();
}

int64_t Service::running_puts() const {
  return impl_->puts.running() + impl_->ingests.parts_arriving();
}

int64_t Service::put_bytes_held() const { return impl_->puts.small_budget.bytes_held(); }

bool Service::WaitUntilIdle(Clock::time_point deadline) {
  for (;;) {
    const auto counters = impl_->database->counters();
    if (counters.running_queries == 0 && counters.running_appends == 0 && running_puts() == 0) {
      return true;
    }
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kIdleLookStep);
  }
}

void Service::CancelAll(const Status& reason) {
  impl_->transfers.StopAll();
  impl_->puts.Stop(reason);
  impl_->ingests.Stop(reason);
  impl_->database->CancelAll(reason);
  impl_->sessions.Clear();
}

}  // namespace arrowport::service
