#include "flight/put.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/batch_receiver.h"
#include "flight/request.h"
#include "flight/running_calls.h"
#include "service/put.h"
#include "service/put_answer.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMessageReader;

Status Pump(RunningCall& call, FlightMessageReader& reader, service::Put& put, int64_t bytes_max) {
  BatchReceiver batches(call, reader, bytes_max);
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, batches.Next());
    if (batch == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(service::WriteBlocking(put, std::move(batch)));
  }
}

}  // namespace

Result<service::PutSummary> ReceivePut(RunningCall& call, service::Service& service,
                                       FlightMessageReader& reader, int64_t message_bytes_max) {
  ARROW_ASSIGN_OR_RAISE(service::PutRequest request, ReadPut(reader.descriptor()));
  ARROW_ASSIGN_OR_RAISE(request.schema, ReceiveSchema(call, reader));
  ARROW_ASSIGN_OR_RAISE(auto put, service.BeginPut(call.ForService(), request));
  ARROW_RETURN_NOT_OK(service::OpenBlocking(*put));
  const Status sent = Pump(call, reader, *put, message_bytes_max);
  if (!sent.ok()) {
    put->Abort(sent);
    return sent;
  }
  return service::FinishBlocking(*put);
}

std::string PutAnswerJson(const service::PutSummary& summary) {
  // Names come from clients and may be any bytes.
  return service::PutAnswer(summary).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace arrowport::flight
