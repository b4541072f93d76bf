#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "http/body_bytes.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/put_form.h"
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
///
/// An Arrow file is a stream between its magic letters and a footer. It is read from front to back
/// as well: what its footer says of places in the file, which others may have made up, is not
/// needed.
class ArrowBody final : public IncomingRows {
 public:
  /// `exchange` is kept by reference. `form` is of an Arrow stream or file.
  explicit ArrowBody(Exchange& exchange, const PutForm& form = {});

  Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema() override;
  Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next() override;
  [[nodiscard]] std::optional<int64_t> bytes_expected() const override;

 private:
  // The last bytes of a file: its footer's length, and magic letters.
  static constexpr size_t kTailBytes = 10;

  Awaitable<Status> ReadMagic();
  Result<bool> TakeReceived();
  Awaitable<Status> ReadMore();
  Awaitable<Status> ReadEnd();
  Awaitable<Status> ReadFooter();

  Exchange& exchange_;
  BodyBytes bytes_;
  const bool is_file_;
  stream::IpcDecoder decoder_;
  bool ended_ = false;
};

}  // namespace arrowport::http
