#include "flight/put.h"

#include <memory>
#include <string>
#include <utility>

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "flight/batches_in.h"
#include "flight/flight_call.h"
#include "flight/flight_data.h"
#include "flight/handlers.h"
#include "flight/put_session.h"
#include "flight/request.h"
#include "flight/sql_messages.h"
#include "flight/sql_put.h"
#include "net/signal.h"
#include "net/socket.h"
#include "service/put.h"
#include "service/put_answer.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

net::Awaitable<Status> Pump(BatchesIn& batches, OpenPut& put) {
  for (;;) {
    auto batch = co_await batches.Next();
    if (!batch.ok()) co_return batch.status();
    if (*batch == nullptr) co_return Status::OK();
    const Status written = co_await put.Write(*std::move(batch));
    if (!written.ok()) co_return written;
  }
}

// All that the client sends, in one put or as PutSession does it.
// \return the answer to the client: see service::PutAnswer.
net::Awaitable<Result<std::string>> ReceivePut(FlightCall& call, BatchesIn& batches) {
  auto command = ReadPut(batches.descriptor());
  if (!command.ok()) co_return command.status();
  auto schema = co_await batches.ReadSchema();
  if (!schema.ok()) co_return schema.status();
  command->schema = *std::move(schema);
  Result<nlohmann::ordered_json> answer = nlohmann::ordered_json();
  if (command->commit_rows.has_value()) {
    PutSession session(call, *command);
    answer = co_await session.Run(batches);
  } else {
    const auto summary = co_await LandRows(call, *command, batches);
    if (!summary.ok()) co_return summary.status();
    answer = service::PutAnswer(*summary);
  }
  if (!answer.ok()) co_return answer.status();
  // Names come from clients and may be any bytes.
  co_return answer->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

net::Awaitable<Result<OpenPut>> OpenPut::Begin(FlightCall& call,
                                               const service::PutRequest& request) {
  auto begun = call.service().BeginPut(call.ForService(), request);
  if (!begun.ok()) co_return begun.status();
  OpenPut put(call, *std::move(begun));
  for (;;) {
    const QueueState state = put.put_->Open({}, call.Waker());
    if (state == QueueState::kReady) co_return put;
    if (state == QueueState::kClosed) co_return co_await put.WhyClosed();
    const Status waited = co_await put.WaitForRoom();
    if (!waited.ok()) co_return waited;
  }
}

net::Awaitable<Status> OpenPut::Write(std::shared_ptr<arrow::RecordBatch> batch) {
  const QueueState state = put_->Write(std::move(batch), call_->Waker());
  if (state == QueueState::kReady) co_return Status::OK();
  // Not reading is what holds the client back.
  if (state == QueueState::kWait) co_return co_await WaitForRoom();
  co_return co_await WhyClosed();
}

net::Awaitable<Status> OpenPut::WaitForRoom() {
  const Status waited = co_await call_->Wait();
  if (!waited.ok()) co_await Abort(waited);
  co_return waited;
}

// The put has failed by itself, and its end tells why.
net::Awaitable<Status> OpenPut::WhyClosed() {
  const auto summary = co_await Finish();
  put_ = nullptr;
  if (!summary.ok()) co_return summary.status();
  co_return MakeError(ErrorKind::kInternal, "the put ended before its stream");
}

net::Awaitable<void> OpenPut::Abort(Status reason) {
  const auto put = std::exchange(put_, nullptr);
  if (put == nullptr) co_return;
  (void)co_await call_->Blocking([&put, &reason] {
    put->Abort(reason);
    return Status::OK();
  });
}

net::Awaitable<Result<service::PutSummary>> OpenPut::Finish() {
  const auto finish = [this](service::PutDone done) { put_->Finish(std::move(done)); };
  co_return co_await net::AwaitAnswer<Result<service::PutSummary>>(finish);
}

net::Awaitable<Result<service::PutSummary>> LandRows(FlightCall& call,
                                                     const service::PutRequest& request,
                                                     BatchesIn& batches) {
  auto put = co_await OpenPut::Begin(call, request);
  if (!put.ok()) co_return put.status();
  const Status sent = co_await Pump(batches, *put);
  if (sent.ok()) co_return co_await put->Finish();
  co_await put->Abort(sent);
  co_return sent;
}

net::Awaitable<Status> DoPut(FlightCall& call) {
  auto batches = BatchesIn::Open(call);
  if (!batches.ok()) co_return batches.status();
  const auto command = Unpack(batches->descriptor().cmd);
  Result<std::string> answer = std::string();
  if (command) {
    answer = co_await ReceiveSqlPut(call, *command, *batches);
  } else {
    answer = co_await ReceivePut(call, *batches);
  }
  if (!answer.ok()) co_return answer.status();
  // A client that has gone by now has missed the answer; the rows are there all the same.
  call.wire().Send(WritePutResult(*std::move(answer)));
  co_await call.wire().DropTheRest();
  co_return Status::OK();
}

}  // namespace arrowport::flight
