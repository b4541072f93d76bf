#include "service/transfers.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/sql.h"
#include "engine/table.h"
#include "service/put.h"
#include "service/service.h"
#include "service/transfer.h"

namespace arrowport::service {
namespace {

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

Status Check(const TransferRequest& request) {
  if (request.url.empty()) return Invalid("a transfer needs the URL of the other server");
  if (request.table.empty() == request.sql.empty()) {
    return Invalid("a transfer needs either a table or a query");
  }
  if (!request.sql.empty() && request.as.empty()) {
    return Invalid("the rows of a query have no name; say as which table they land");
  }
  return Status::OK();
}

const std::string& TargetOf(const TransferRequest& request) {
  return request.as.empty() ? request.table : request.as;
}

/// One stop for all reasons to end a transfer: its call's, its deadline, and the server's.
class Stop {
 public:
  Stop(const CallControl& control, std::stop_source source)
      : source_(std::move(source)), on_stop_(control.stop, Request{source_}) {
    if (!control.deadline.has_value()) return;
    timer_.emplace();
    timer_->Add(*control.deadline, Request{source_});
  }

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  std::stop_source source_;
  std::stop_callback<Request> on_stop_;
  std::optional<DeadlineTimer> timer_;
};

std::optional<std::chrono::milliseconds> TimeLeft(const CallControl& control) {
  if (!control.deadline.has_value()) return std::nullopt;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(*control.deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

Status PutAll(arrow::RecordBatchReader& rows, Put& put) {
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(rows.ReadNext(&batch));
    if (batch == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(WriteBlocking(put, std::move(batch)));
  }
}

}  // namespace

Result<TransferSummary> Transfers::Run(Service& service, const Call& call,
                                       const TransferRequest& request) {
  ARROW_RETURN_NOT_OK(Check(request));
  if (options_.servers == nullptr) {
    return MakeError(ErrorKind::kNotImplemented, "this server does no transfers");
  }
  ARROW_ASSIGN_OR_RAISE(const RemoteAddress address, options_.servers->AddressOf(request.url));
  ARROW_RETURN_NOT_OK(CheckTransferHost(options_.hosts, address));
  std::list<std::stop_source>::iterator place;
  {
    const std::lock_guard lock(mutex_);
    place = running_.emplace(running_.end());
  }
  const Stop stop(call.control, *place);
  Call stopped = call;
  stopped.control.stop = stop.token();
  const auto began = Clock::now();
  Result<TransferSummary> summary = TransferSummary{};
  auto remote = options_.servers->Connect(request.url);
  if (!remote.ok()) {
    summary = remote.status();
  } else if (request.way == TransferWay::kPull) {
    summary = Pull(service, stopped, request, **remote);
  } else {
    summary = Push(service, stopped, request, **remote);
  }
  {
    const std::lock_guard lock(mutex_);
    running_.erase(place);
  }
  if (summary.ok()) {
    summary->seconds = std::chrono::duration<double>(Clock::now() - began).count();
    return summary;
  }
  const auto& deadline = call.control.deadline;
  if (!deadline.has_value() || Clock::now() < *deadline) return summary;
  return WithKind(ErrorKind::kDeadlineExceeded,
                  WithContext("the time of the transfer is over", summary.status()));
}

Result<TransferSummary> Transfers::Pull(Service& service, const Call& call,
                                        const TransferRequest& request, RemoteServer& source) {
  RemoteRead read = {.sql = request.sql,
                     .ordered = request.table.empty(),
                     .timeout = TimeLeft(call.control),
                     .stop = call.control.stop};
  if (!request.table.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto table, engine::TableName::Parse(request.table));
    read.sql = engine::Sql("FROM {}", {table});
  }
  ARROW_ASSIGN_OR_RAISE(const auto rows, source.Read(read));
  ARROW_ASSIGN_OR_RAISE(const auto put,
                        service.BeginPut(call, {TargetOf(request), rows->schema()}));
  Status sent = OpenBlocking(*put);
  if (sent.ok()) sent = PutAll(*rows, *put);
  if (!sent.ok()) {
    put->Abort(sent);
    return sent;
  }
  ARROW_ASSIGN_OR_RAISE(const PutSummary landed, FinishBlocking(*put));
  return TransferSummary{.table = landed.table, .rows = landed.rows, .bytes = landed.bytes};
}

Result<TransferSummary> Transfers::Push(Service& service, const Call& call,
                                        const TransferRequest& request, RemoteServer& target) {
  const engine::QueryOptions options = {.ordered = true, .read_only = true};
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        request.table.empty()
                            ? service.Query(call, {.sql = request.sql, .parameters = {}}, options)
                            : service.ReadTable(call, request.table, {}, options));
  const auto reader = engine::ToReader(std::move(rows));
  ARROW_ASSIGN_OR_RAISE(const RemoteLanding landed, target.Put(TargetOf(request), *reader));
  return TransferSummary{.table = landed.table, .rows = landed.rows, .bytes = landed.bytes};
}

void Transfers::StopAll() {
  std::list<std::stop_source> running;
  {
    const std::lock_guard lock(mutex_);
    running = running_;
  }
  for (std::stop_source& source : running) source.request_stop();
}

}  // namespace arrowport::service
