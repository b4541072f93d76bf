#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "access/authorizer.h"
#include "access/caller.h"
#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/table_read.h"
#include "observe/metrics.h"
#include "service/call.h"  // IWYU pragma: export
#include "service/client_sessions.h"
#include "service/exchangers.h"
#include "service/file_cache.h"
#include "service/prepared_statements.h"
#include "service/put.h"
#include "service/result_offers.h"
#include "service/spill_space.h"
#include "service/staging_options.h"
#include "service/table_file.h"
#include "service/transfer.h"
#include "stream/batch_encoder.h"

namespace arrowport::service {

struct ServiceOptions {
  std::chrono::milliseconds ticket_lifetime{60'000};        ///< For a ticket that nobody uses.
  std::chrono::milliseconds statement_lifetime{3'600'000};  ///< Of a prepared one that nobody uses.
  SessionOptions sessions = {};
  FileCacheOptions files = {};
  ExchangerList exchangers = {};  ///< Of the configuration.
  SpillOptions spill = {};
  TransferOptions transfer = {};
  IngestOptions ingest = {};
  StagingOptions staging = {};
};

/// What is known of a stream since the server started.
struct StreamInfo {
  std::string name;
  std::string table;
  int64_t puts = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t puts_failed = 0;
  int64_t puts_skipped = 0;      ///< Whose columns did not fit, by a rule that drops these.
  int64_t rows_quarantined = 0;  ///< Of `rows` none.
  int64_t puts_pending = 0;      ///< Complete, and not yet committed; not among `puts`.
  int64_t rows_pending = 0;
  int64_t bytes_pending = 0;
  std::chrono::milliseconds lag{0};  ///< Since the first of those began; 0 without any.
  std::string rule = {};             ///< The pattern that it follows; empty: none.
  std::string rule_place = {};       ///< Where the rule stands: "streams.yaml:7".
  std::optional<int64_t> last_put_unix_ms;
  std::string last_error;  ///< Empty when the last put landed.
};

class Router;
class SchemaRegistry;
class StagedIngests;

/// What arrowport does, each verb once, whatever door it is asked through. Safe to use from many
/// threads. Verbs may block while DuckDB plans; what they hand out does not block.
class Service {
 public:
  /// `database` and `metrics` are shared with the caller; `metrics` must outlive the service.
  Service(std::shared_ptr<engine::Database> database, observe::Metrics& metrics,
          const ServiceOptions& options = {});
  ~Service();

  /// Does not block.
  Result<std::shared_ptr<Put>> BeginPut(const Call& call, const PutRequest& request);

  /// The columns of the table that a put lands in, for forms of rows that say nothing of their
  /// types; those of the parts before a part. Null where there are none. Only those of texts where
  /// the stream's rule takes values of other types too, since it widens columns or puts bad rows
  /// aside. Blocks.
  Result<std::shared_ptr<arrow::Schema>> ColumnsForPut(const Call& call, const PutRequest& request);

  Result<std::shared_ptr<engine::ResultStream>> Query(const Call& call,
                                                      const engine::Statement& statement,
                                                      const engine::QueryOptions& options);

  /// Rows and columns of a table or view, by its name as people write it; all of them unless `read`
  /// says which.
  Result<std::shared_ptr<engine::ResultStream>> ReadTable(const Call& call, std::string_view table,
                                                          const engine::TableRead& read = {},
                                                          const engine::QueryOptions& options = {});

  /// The version of a table: another one as soon as its rows or columns may have changed.
  /// kNotFound for views, and for tables of other systems, which have none.
  Result<std::string> TableVersion(const Call& call, std::string_view table);

  /// All rows of a table as a file, made once for each version; its tag begins with the version.
  /// The file's errors, of FileCache::Get, come with the request.
  Result<std::unique_ptr<TableFileRequest>> OpenTableFile(const Call& call, std::string_view table,
                                                          stream::WireFormat format);

  /// Bytes of the files that are kept.
  [[nodiscard]] int64_t file_bytes_held() const;

  /// Offers the result of `statement` under several tickets, or one where the order of its rows
  /// counts. The statement runs when the first ticket is used.
  Result<Offer> OfferQuery(const Call& call, const engine::Statement& statement,
                           const OfferOptions& options);

  /// The same for `sql` with each of `rows`, of which there is one at least. What changes rows has
  /// done so for all of them, in one transaction, when this returns.
  Result<Offer> OfferMany(const Call& call, const std::string& sql,
                          const engine::ParameterRows& rows);

  /// The same for all rows of a table.
  Result<Offer> OfferTable(const Call& call, std::string_view table, const OfferOptions& options);

  /// Whether `statement` reads the table that it calls `options.input_name`: then it takes a
  /// stream, see BeginExchange. Otherwise it is a query like any other.
  Result<bool> TakesInput(const Call& call, const engine::Statement& statement,
                          const engine::ExchangeOptions& options);

  /// Begins `statement` over batches of `schema`; see engine::Exchange. A client may send all of
  /// them before it takes any rows: what is too early waits on disk.
  Result<std::shared_ptr<engine::Exchange>> BeginExchange(
      const Call& call, const engine::Statement& statement,
      const std::shared_ptr<arrow::Schema>& schema, const engine::ExchangeOptions& options);

  // Exchangers: SELECTs over streams that come in, by name. See service/exchangers.h.
  Result<Exchanger> AddExchanger(const Call& call, std::string_view name, std::string_view sql);
  Result<Exchanger> FindExchanger(const Call& call, std::string_view name);
  Result<std::vector<Exchanger>> ListExchangers(const Call& call);
  Status DropExchanger(const Call& call, std::string_view name);

  /// Moves rows between this server and another one, in one transaction at the target. Blocks until
  /// that is durable. kForbidden for servers that the options do not name.
  Result<TransferSummary> Transfer(const Call& call, const TransferRequest& request);

  /// Whether `text` has the form of a ticket of ours.
  static bool IsTicket(std::string_view text);

  /// Opens the stream of a ticket, once. kNotFound when it is unknown, used or expired.
  Result<std::shared_ptr<engine::ResultStream>> OpenTicket(const Call& call,
                                                           std::string_view ticket);
  /// \return until when the ticket can be used now.
  Result<std::chrono::system_clock::time_point> RenewTicket(const Call& call,
                                                            std::string_view ticket);
  /// Ends the result that the ticket is of.
  Status CancelTicket(const Call& call, std::string_view ticket);

  Result<std::shared_ptr<arrow::Schema>> DescribeQuery(const Call& call,
                                                       const engine::Statement& statement);

  /// Keeps `sql`, a single statement, so that it can be run by its handle.
  Result<PreparedInfo> Prepare(const Call& call, const std::string& sql);

  /// Sessions and transactions. What clients do in them goes through the verbs, by the call's.
  [[nodiscard]] ClientSessions& sessions();

  /// Begins an append to a table on the connection of the call's session or transaction, or one for
  /// this append alone, unless that is for a temporary table. See engine::Session.
  Result<std::shared_ptr<engine::Append>> BeginAppend(const Call& call,
                                                      const engine::TableName& table,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      const engine::SessionAppendOptions& options);

  /// What is kept. Whoever runs one of them asks the verbs for that.
  [[nodiscard]] PreparedStatements& statements();

  /// Runs `sql` once for each row of parameters; see engine::Database. Blocks.
  Result<int64_t> ExecuteMany(const Call& call, const std::string& sql,
                              const engine::ParameterRows& rows);

  Result<engine::TableInfo> DescribeTable(const Call& call, std::string_view table);
  Result<std::vector<engine::TableInfo>> ListTables(const Call& call);
  Result<std::vector<StreamInfo>> ListStreams(const Call& call);

  /// kNotFound for a stream that no rule names and that nothing was put to.
  Result<StreamInfo> DescribeStream(const Call& call, const std::string& stream);

  /// Lands the parts of an ingest, whether or not the caller waits; see StagedIngests::Commit.
  void CommitIngest(const Call& call, const IngestName& name, std::optional<int64_t> parts_expected,
                    PutDone done);

  /// The other verbs for ingests in parts.
  [[nodiscard]] StagedIngests& ingests();

  /// The rules of streams, which may be replaced while puts run.
  [[nodiscard]] Router& router();

  /// The verbs for schemas that clients agree on.
  [[nodiscard]] SchemaRegistry& schemas();

  /// OK while a trivial statement is answered.
  Status CheckHealth(const Call& call);

  /// Whether calls are taken: kUnavailable while the server drains, and while the database is not
  /// open. Does not block.
  [[nodiscard]] Status CheckReady() const;

  /// Whether puts are: kStorageFull while the disk has no room for more rows. Does not block.
  [[nodiscard]] Status CheckRoom() const;

  /// That what the options say makes sense to the database, and can be had. kInvalidInput by name.
  Status CheckConfiguration() const;

  /// Puts that are neither committed nor refused.
  [[nodiscard]] int64_t running_puts() const;

  /// Memory that small puts hold, or were promised, for their rows.
  [[nodiscard]] int64_t put_bytes_held() const;

  /// Statements that clients have prepared and not closed.
  [[nodiscard]] int64_t prepared_statements() const;

  /// Sessions that have a connection, and transactions that clients have begun.
  [[nodiscard]] int64_t open_sessions() const;
  [[nodiscard]] int64_t open_transactions() const;

  /// Ingests in parts that are open, and what they have on disk.
  [[nodiscard]] int64_t staged_ingests() const;
  [[nodiscard]] int64_t staged_bytes() const;

  /// From now on BeginPut and queries are refused with kUnavailable; what runs goes on.
  void StartDraining();

  /// Blocks until nothing runs, or the deadline. \return whether nothing runs.
  bool WaitUntilIdle(Clock::time_point deadline);

  /// Cancels everything that runs with `reason`.
  void CancelAll(const Status& reason);

 private:
  class Impl;

  ResultOffers::Query QueryAt(const std::shared_ptr<StatementPlace>& place);
  Result<Offer> MakeOffer(const Call& call, const engine::Statement& statement,
                          const OfferOptions& options);

  // Shared with the puts under way.
  std::shared_ptr<Impl> impl_;
};

}  // namespace arrowport::service
