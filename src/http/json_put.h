#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/socket.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {

/// A put as one JSON document, for clients of the first Arrowport bridge:
///
///     {"config": {"target_table": "trips", "chunk_size": 10000,
///                 "compression": {"algorithm": "zstd", "level": 3}},
///      "batch": {"arrow_schema": base64 of an IPC schema message,
///                "data": base64 of an IPC stream}}
///
/// Only `batch.data` is needed. What is not known is passed over, as that bridge did.
struct JsonPut {
  std::string table;   ///< Of `target_table`; empty without one.
  std::string schema;  ///< The IPC message; empty without one.
  std::string stream;  ///< The IPC stream.
};

/// \return kInvalidInput, naming the key, for a document of another form.
Result<JsonPut> ReadJsonPut(std::string body);

/// The rows of a JsonPut. The data is all there, so that its end needs no marker.
class JsonPutRows final : public IncomingRows {
 public:
  /// Both are kept by reference.
  JsonPutRows(Exchange& exchange, const JsonPut& put);

  /// kInvalidInput when it is another one than `batch.arrow_schema` says.
  Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema() override;
  Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next() override;
  [[nodiscard]] std::optional<int64_t> bytes_expected() const override {
    return exchange_.request().content_length();
  }

 private:
  Status DecodeSchema();
  Status DecodeToBatch();
  Status DecodeMore();
  [[nodiscard]] Status CheckSchema() const;

  Exchange& exchange_;
  const JsonPut& put_;
  std::string_view rest_;  ///< Of the stream, and then of a marker behind it.
  bool ends_ = false;      ///< The marker's turn has come.
  stream::IpcDecoder decoder_;
  std::shared_ptr<arrow::RecordBatch> batch_;  ///< The next one, or null.
};

}  // namespace arrowport::http
