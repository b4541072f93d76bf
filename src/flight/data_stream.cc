#include "flight/data_stream.h"

#include <cstddef>
#include <memory>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/transport.h>
#include <arrow/flight/types.h>

#include "base/error.h"
#include "flight/call_context.h"
#include "flight/flight_messages.h"
#include "flight/flight_wire.pb.h"
#include "rpc/call.h"

namespace arrowport::flight {

bool DataStream::ReadData(arrow::flight::internal::FlightData* data) {
  for (;;) {
    const auto message = context_.wire().Read();
    if (!message.ok()) context_.SetReadFailure(message.status());
    if (!message.ok() || *message == nullptr) return false;
    // Who reads batches would take it for the end.
    if ((*message)->size() == 0) continue;
    auto read = ReadFlightData(*message);
    if (!read.ok()) {
      context_.SetReadFailure(read.status());
      return false;
    }
    *data = *std::move(read);
    return true;
  }
}

Result<bool> DataStream::WriteData(const arrow::flight::FlightPayload& payload) {
  ARROW_ASSIGN_OR_RAISE(const arrow::BufferVector buffers, payload.SerializeToBuffers());
  rpc::Call& wire = context_.wire();
  return keeps_little_ ? wire.WriteMore(buffers) : wire.Write(buffers);
}

Status DataStream::WritePutMetadata(const arrow::Buffer& metadata) {
  wire::PutResult result;
  result.set_app_metadata(metadata.data(), static_cast<size_t>(metadata.size()));
  if (context_.wire().Write({WriteWire(result)})) return Status::OK();
  return MakeError(ErrorKind::kCancelled, "the client takes no more");
}

}  // namespace arrowport::flight
