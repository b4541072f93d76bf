#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "stream/ipc_decoder.h"

namespace arrowport::stream {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

/// For tests: `batches` as the bytes of an IPC stream, written by Arrow itself.
inline Result<std::string> ToIpcStream(
    const Batches& batches,
    const arrow::ipc::IpcWriteOptions& options = arrow::ipc::IpcWriteOptions::Defaults()) {
  ARROW_ASSIGN_OR_RAISE(auto output, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer,
                        arrow::ipc::MakeStreamWriter(output, batches.front()->schema(), options));
  for (const auto& batch : batches) ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto buffer, output->Finish());
  return buffer->ToString();
}

/// For tests: gives `bytes` to `decoder` in parts of at most `part_bytes`, as a socket would, and
/// finishes it.
inline Status Feed(IpcDecoder& decoder, std::string_view bytes, size_t part_bytes = SIZE_MAX) {
  while (!bytes.empty()) {
    ARROW_ASSIGN_OR_RAISE(const std::span<uint8_t> space, decoder.Prepare());
    if (space.empty()) break;
    const size_t part = std::min({space.size(), bytes.size(), part_bytes});
    std::memcpy(space.data(), bytes.data(), part);
    bytes.remove_prefix(part);
    ARROW_RETURN_NOT_OK(decoder.Commit(part));
  }
  return decoder.Finish();
}

/// For tests: the batches of a stream.
inline Result<Batches> FromIpcStream(std::string_view bytes, size_t part_bytes = SIZE_MAX,
                                     const IpcDecoderOptions& options = {}) {
  IpcDecoder decoder(options);
  ARROW_RETURN_NOT_OK(Feed(decoder, bytes, part_bytes));
  Batches batches;
  while (auto batch = decoder.TakeBatch()) batches.push_back(std::move(batch));
  return batches;
}

}  // namespace arrowport::stream
