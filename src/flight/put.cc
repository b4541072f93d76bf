#include "flight/put.h"

#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/batch_receiver.h"
#include "flight/put_session.h"
#include "flight/request.h"
#include "flight/running_calls.h"
#include "service/put.h"
#include "service/put_answer.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

Status Pump(BatchReceiver& batches, service::Put& put) {
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, batches.Next());
    if (batch == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(service::WriteBlocking(put, std::move(batch)));
  }
}

}  // namespace

Result<service::PutSummary> LandRows(RunningCall& call, service::Service& service,
                                     const service::PutRequest& request, BatchReceiver& batches) {
  ARROW_ASSIGN_OR_RAISE(auto put, service.BeginPut(call.ForService(), request));
  ARROW_RETURN_NOT_OK(service::OpenBlocking(*put));
  const Status sent = Pump(batches, *put);
  if (!sent.ok()) {
    put->Abort(sent);
    return sent;
  }
  return service::FinishBlocking(*put);
}

Result<std::string> ReceivePut(RunningCall& call, service::Service& service,
                               const PutStreams& streams, const PutLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(PutCommand command, ReadPut(streams.reader.descriptor()));
  ARROW_ASSIGN_OR_RAISE(command.schema, ReceiveSchema(call, streams.reader));
  BatchReceiver batches(call, streams.reader, limits.message_bytes_max);
  nlohmann::ordered_json answer;
  if (command.commit_rows.has_value()) {
    PutSession session(call, service, command, limits.small_put_bytes_max);
    ARROW_ASSIGN_OR_RAISE(answer, session.Run(batches, streams.writer));
  } else {
    ARROW_ASSIGN_OR_RAISE(const auto summary, LandRows(call, service, command, batches));
    answer = service::PutAnswer(summary);
  }
  // Names come from clients and may be any bytes.
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace arrowport::flight
