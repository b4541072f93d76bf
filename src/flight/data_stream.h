#pragma once

#include <arrow/buffer.h>
#include <arrow/flight/transport_server.h>

#include "base/error.h"
#include "flight/call_context.h"

namespace arrowport::flight {

/// The messages of a DoGet, DoPut or DoExchange, for Arrow's side of these methods.
class DataStream final : public arrow::flight::internal::ServerDataStream {
 public:
  /// `context` must outlive it. Whoever gives it what it `keeps_little` calls Flush on the call
  /// before he waits for more (see rpc::Call::WriteMore).
  explicit DataStream(CallContext& context, bool keeps_little = false)
      : context_(context), keeps_little_(keeps_little) {}

  // As Flight calls them.
  bool ReadData(arrow::flight::internal::FlightData* data) override;
  Result<bool> WriteData(const arrow::flight::FlightPayload& payload) override;
  Status WritePutMetadata(const arrow::Buffer& metadata) override;

 private:
  CallContext& context_;
  const bool keeps_little_;
};

}  // namespace arrowport::flight
