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
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMessageReader;
using Json = nlohmann::json;

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
  ARROW_ASSIGN_OR_RAISE(std::string stream, ReadStreamName(reader.descriptor()));
  ARROW_ASSIGN_OR_RAISE(auto schema, ReceiveSchema(call, reader));
  ARROW_ASSIGN_OR_RAISE(auto put, service.BeginPut(call.ForService(), {std::move(stream), schema}));
  const Status sent = Pump(call, reader, *put, message_bytes_max);
  if (!sent.ok()) {
    put->Abort(sent);
    return sent;
  }
  return service::FinishBlocking(*put);
}

std::string PutAnswerJson(const service::PutSummary& summary) {
  const nlohmann::ordered_json json = {
      {"status", "success"},        {"stream", summary.stream},
      {"table", summary.table},     {"rows_processed", summary.rows},
      {"batches", summary.batches}, {"bytes", summary.bytes},
      {"seconds", summary.seconds}};
  // Names come from clients and may be any bytes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace arrowport::flight
