#pragma once

#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/request.h"
#include "http/socket.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {

/// That the body of `request` can be an Arrow IPC stream, as far as its header tells.
/// \return kUnsupportedMedia otherwise.
Status CheckArrowBody(const Request& request);

/// The body of a request, an Arrow IPC stream, batch by batch as it arrives. The socket is read
/// into the memory that the batches keep. The end is the stream's end marker and then the body's
/// end: bytes behind the stream would be a second one, whose rows must not vanish silently.
class ArrowBody final : public IncomingRows {
 public:
  /// `exchange` is kept by reference.
  explicit ArrowBody(Exchange& exchange);

  Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema() override;
  Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next() override;

 private:
  Awaitable<Status> ReadMore();
  Awaitable<Status> ReadEnd();

  Exchange& exchange_;
  stream::IpcDecoder decoder_;
  bool ended_ = false;
};

}  // namespace arrowport::http
