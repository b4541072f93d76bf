#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/batch_encoder.h"
#include "stream/ipc_samples.h"

namespace arrowport::stream {

/// For tests: a batch with `column` as its only one, "a".
inline std::shared_ptr<arrow::RecordBatch> BatchOf(std::shared_ptr<arrow::Array> column) {
  const auto schema = arrow::schema({arrow::field("a", column->type())});
  const int64_t rows = column->length();
  return arrow::RecordBatch::Make(schema, rows, {std::move(column)});
}

/// The same, of values as Arrow's JSON for tests.
inline std::shared_ptr<arrow::RecordBatch> BatchOf(const std::shared_ptr<arrow::DataType>& type,
                                                   const std::string& json) {
  return BatchOf(arrow::json::ArrayFromJSONString(type, json).ValueOrDie());
}

/// For tests: pieces of a body as one.
inline std::string Joined(const Buffers& pieces) {
  std::string joined;
  for (const auto& piece : pieces) joined += piece->ToString();
  return joined;
}

/// For tests: the whole body of `batches`.
inline Result<std::string> Encode(const EncodeOptions& options,
                                  const std::shared_ptr<arrow::Schema>& schema,
                                  const Batches& batches) {
  ARROW_ASSIGN_OR_RAISE(const auto encoder, MakeBatchEncoder(options, schema));
  ARROW_ASSIGN_OR_RAISE(const Buffers start, encoder->Begin());
  std::string body = Joined(start);
  for (const auto& batch : batches) {
    ARROW_ASSIGN_OR_RAISE(const Buffers pieces, encoder->Encode(batch));
    body += Joined(pieces);
  }
  ARROW_ASSIGN_OR_RAISE(const Buffers end, encoder->End());
  return body + Joined(end);
}

inline Result<std::string> Encode(WireFormat format, const std::shared_ptr<arrow::Schema>& schema,
                                  const Batches& batches) {
  return Encode(EncodeOptions{.format = format}, schema, batches);
}

/// The same for at least one batch, which has to succeed.
inline std::string Encoded(const EncodeOptions& options, const Batches& batches) {
  return Encode(options, batches.front()->schema(), batches).ValueOrDie();
}
inline std::string Encoded(WireFormat format, const Batches& batches) {
  return Encoded(EncodeOptions{.format = format}, batches);
}

}  // namespace arrowport::stream
