#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "access/authorizer.h"
#include "base/error.h"
#include "engine/database.h"
#include "observe/metrics.h"
#include "service/client_sessions.h"
#include "service/exchangers.h"
#include "service/file_cache.h"
#include "service/prepared_statements.h"
#include "service/put.h"
#include "service/result_offers.h"
#include "service/router.h"
#include "service/schema_registry.h"
#include "service/service.h"
#include "service/spill_space.h"
#include "service/staged_ingests.h"
#include "service/stream_put.h"
#include "service/stream_table.h"
#include "service/transfers.h"

namespace arrowport::service {

/// What the verbs share. Also owned by the puts under way.
class Service::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(std::shared_ptr<engine::Database> engine_database, observe::Metrics& server_metrics,
       const ServiceOptions& options)
      : database(std::move(engine_database)),
        metrics(server_metrics),
        exchangers(database, options.exchangers),
        spill(std::make_shared<SpillSpace>(options.spill)),
        transfers(options.transfer),
        puts(database, options.ingest),
        schemas(database, [this](const Call& call, access::Action action,
                                 std::string_view object) { return Admit(call, action, object); }),
        files(options.files, server_metrics),
        offers(files, options.ticket_lifetime),
        sessions(database, spill, options.sessions),
        statements(options.statement_lifetime),
        ingests(options.staging, NeedsOfIngests()) {}

  Status Admit(const Call& call, access::Action action, std::string_view object) const {
    if (draining) {
      return MakeError(ErrorKind::kUnavailable, "the server is shutting down; try another one");
    }
    return authorizer.Check(call.caller, action, object);
  }

  /// Where `sql` is to run for a caller who was admitted.
  Result<std::shared_ptr<StatementPlace>> PlaceOf(const Call& call, const std::string& sql,
                                                  bool read_only = false) {
    return sessions.PlaceOf(call.asker(), sql, read_only);
  }

  Result<PutTarget> TargetOf(const PutRequest& request);

  /// Of a caller who was admitted.
  Result<std::shared_ptr<Put>> BeginPut(const Call& call, const PutRequest& request);

  /// The same whether or not there is room for its rows.
  Result<std::shared_ptr<Put>> MakePut(const Call& call, const PutRequest& request);

  StagedIngests::Needs NeedsOfIngests();

  void AddRule(StreamInfo& stream) const {
    const Route route = router.Find(stream.name);
    if (route.rule == nullptr) return;
    stream.rule = route.rule->pattern;
    stream.rule_place = route.rule->place;
    if (!stream.table.empty()) return;
    const auto table = route.rule->TableOf(stream.name);
    if (table.ok()) stream.table = table->ToString();
  }

  const std::shared_ptr<engine::Database> database;
  observe::Metrics& metrics;
  const access::Authorizer authorizer{};
  StreamTable streams;
  Router router;
  Exchangers exchangers;
  const std::shared_ptr<SpillSpace> spill;
  Transfers transfers;
  PutSpace puts;
  std::atomic<bool> draining = false;
  SchemaRegistry schemas;
  // Go first: what makes files, and what lands ingests, uses the database.
  FileCache files;
  ResultOffers offers;
  ClientSessions sessions;
  PreparedStatements statements;
  StagedIngests ingests;
};

}  // namespace arrowport::service
