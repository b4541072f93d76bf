#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <arrow/type.h>

#include "access/authorizer.h"
#include "base/error.h"
#include "engine/append.h"
#include "engine/session.h"
#include "engine/table.h"
#include "service/added_columns.h"
#include "service/kept_place.h"
#include "service/landing_words.h"
#include "service/put.h"
#include "service/put_account.h"
#include "service/put_request.h"
#include "service/router.h"
#include "service/service.h"
#include "service/service_impl.h"
#include "service/staged_ingests.h"
#include "service/stream_put.h"
#include "service/text_columns.h"

// The verbs of the service about rows that come in.

namespace arrowport::service {

Result<PutTarget> Service::Impl::TargetOf(const PutRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const Route route,
                        WithOptions(router.Find(request.stream), request.landing));
  ARROW_ASSIGN_OR_RAISE(engine::TableName table, TableOf(request, route));
  PutTarget target{.table = std::move(table), .schema = request.schema, .route = route};
  target.payload_digest = request.payload_digest;
  target.must_be_durable = request.must_be_durable;
  if (route.rule == nullptr) return target;
  // A key is no producer's.
  target.added = AddedColumns(route.rule->add_columns, request.stream, request.stamp);
  if (request.schema != nullptr) {
    ARROW_ASSIGN_OR_RAISE(target.schema, target.added.Extend(request.schema));
  }
  if (!route.rule->schema.empty()) {
    target.read_checks = [impl = shared_from_this(), name = route.rule->schema] {
      return impl->schemas.ColumnsOf(name);
    };
  }
  return target;
}

Result<std::shared_ptr<Put>> Service::Impl::BeginPut(const Call& call, const PutRequest& request) {
  const std::string context = "stream '" + request.stream + "'";
  ARROW_RETURN_NOT_OK(WithContext(context, database->CheckRoom()));
  return MakePut(call, request);
}

Result<std::shared_ptr<Put>> Service::Impl::MakePut(const Call& call, const PutRequest& request) {
  const std::string context = "stream '" + request.stream + "'";
  auto target = TargetOf(request);
  if (!target.ok()) return WithContext(context, target.status());
  ARROW_RETURN_NOT_OK(CheckStamp(request));
  PutSummary summary;
  summary.stream = request.stream;
  summary.table = target->table.ToString();
  summary.stamp = StampOf(call.caller, request);
  summary.ingest = request.ingest;
  PutAccount account(std::move(summary), {streams, metrics});
  return MakeStreamPut(puts, *std::move(target), std::move(account), call.control,
                       shared_from_this());
}

StagedIngests::Needs Service::Impl::NeedsOfIngests() {
  StagedIngests::Needs needs;
  needs.admit = std::bind_front(&Impl::Admit, this);
  needs.land = std::bind_front(&Impl::BeginPut, this);
  needs.tell_again = std::bind_front(&Impl::MakePut, this);
  needs.has_landed = [this](const Call& call, const PutRequest& request) -> Result<bool> {
    // While it is being opened again the ledger in memory may be older than the file.
    ARROW_RETURN_NOT_OK(database->CheckOpen());
    ARROW_RETURN_NOT_OK(puts.ledger.Load());
    return puts.ledger.CheckEarly(request.stream, StampOf(call.caller, request));
  };
  needs.check_fit = [this](const PutRequest& request) -> Status {
    ARROW_RETURN_NOT_OK(CheckStreamName(request.stream));
    ARROW_ASSIGN_OR_RAISE(const PutTarget target, TargetOf(request));
    const bool drops_misfits = target.route.rule != nullptr && target.route.rule->skip_misfits;
    if (target.schema == nullptr || drops_misfits) return Status::OK();
    return database->CheckAppend(target.table, target.schema, target.route.landing.get());
  };
  needs.check_room = [this] { return database->CheckRoom(); };
  return needs;
}

Result<std::shared_ptr<Put>> Service::BeginPut(const Call& call, const PutRequest& request) {
  ARROW_RETURN_NOT_OK(CheckStreamName(request.stream));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kPut, request.stream));
  if (!request.ingest.empty()) return impl_->ingests.BeginPart(call, request, impl_);
  return impl_->BeginPut(call, request);
}

Result<std::shared_ptr<engine::Append>> Service::BeginAppend(
    const Call& call, const engine::TableName& table, const std::shared_ptr<arrow::Schema>& schema,
    const engine::SessionAppendOptions& options) {
  ARROW_RETURN_NOT_OK(CheckUtf8(table.ToString(), "the name of the table"));
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kPut, table.ToString()));
  ARROW_RETURN_NOT_OK(impl_->database->CheckRoom());
  std::shared_ptr<KeptPlace> place;
  if (options.temporary) {
    ARROW_ASSIGN_OR_RAISE(place, impl_->sessions.Need(call.asker(), "a temporary table"));
  } else {
    ARROW_ASSIGN_OR_RAISE(place, impl_->sessions.Find(call.asker()));
  }
  if (place == nullptr) {
    ARROW_ASSIGN_OR_RAISE(place, impl_->sessions.Open());
  }
  return place->BeginAppend(table, schema, options, call.control);
}

StagedIngests& Service::ingests() { return impl_->ingests; }

void Service::CommitIngest(const Call& call, const IngestName& name,
                           std::optional<int64_t> parts_expected, PutDone done) {
  impl_->ingests.Commit(call, name, parts_expected, impl_, std::move(done));
}

Result<std::shared_ptr<arrow::Schema>> Service::ColumnsForPut(const Call& call,
                                                              const PutRequest& request) {
  ARROW_RETURN_NOT_OK(impl_->Admit(call, access::Action::kPut, request.stream));
  if (!request.ingest.empty()) {
    ARROW_ASSIGN_OR_RAISE(auto schema, impl_->ingests.SchemaOf(call, request));
    if (schema != nullptr) return schema;
  }
  const Route route = impl_->router.Find(request.stream);
  const auto table = TableOf(request, route);
  // The put says what is wrong with its name.
  if (!table.ok()) return nullptr;
  auto info = impl_->database->DescribeTable(*table, call.control);
  if (!info.ok() && KindOf(info.status()) == ErrorKind::kNotFound) return nullptr;
  ARROW_RETURN_NOT_OK(info.status());
  const bool takes_others = route.rule != nullptr && (route.rule->landing.quarantine ||
                                                      route.rule->landing.on_schema_change.widen);
  return takes_others ? OnlyTexts(*info->schema) : info->schema;
}

}  // namespace arrowport::service
