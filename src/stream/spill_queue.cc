#include "stream/spill_queue.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/io/memory.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/nameless_file.h"

namespace arrowport::stream {
namespace {

// Each batch is a stream of its own, with its schema and dictionaries, so that any can be read
// without those before it.
Result<Buffers> EncodeAlone(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_ASSIGN_OR_RAISE(const auto encoder,
                        MakeBatchEncoder(WireFormat::kArrowStream, batch->schema()));
  ARROW_ASSIGN_OR_RAISE(Buffers pieces, encoder->Begin());
  ARROW_ASSIGN_OR_RAISE(const Buffers rows, encoder->Encode(batch));
  ARROW_ASSIGN_OR_RAISE(const Buffers end, encoder->End());
  pieces.insert(pieces.end(), rows.begin(), rows.end());
  pieces.insert(pieces.end(), end.begin(), end.end());
  return pieces;
}

// The batch shares the memory of `bytes`.
Result<std::shared_ptr<arrow::RecordBatch>> Decode(std::shared_ptr<arrow::Buffer> bytes) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.max_recursion_depth = limits::kSchemaDepthMax + 1;
  options.use_threads = false;
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        arrow::ipc::RecordBatchStreamReader::Open(
                            std::make_shared<arrow::io::BufferReader>(std::move(bytes)), options));
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  if (batch != nullptr) return batch;
  return MakeError(ErrorKind::kInternal, "a batch is missing among those that were put on disk");
}

}  // namespace

Status SpillQueue::Push(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_ASSIGN_OR_RAISE(const Buffers pieces, EncodeAlone(batch));
  if (files_.empty() || files_.back().file->bytes() >= limits::kSpillFileBytes) {
    ARROW_ASSIGN_OR_RAISE(auto file, NamelessFile::Make(folder_));
    files_.push_back({.file = std::move(file), .batch_ends = {}});
  }
  SpillFile& last = files_.back();
  const int64_t before = last.file->bytes();
  const Status appended = last.file->Append(pieces);
  bytes_held_ += last.file->bytes() - before;
  ARROW_RETURN_NOT_OK(appended);
  last.batch_ends.push_back(last.file->bytes());
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> SpillQueue::Pop() {
  SpillFile& first = files_.front();
  const int64_t begin = first.bytes_taken;
  const int64_t end = first.batch_ends.front();
  ARROW_ASSIGN_OR_RAISE(auto bytes, first.file->ReadAt(begin, end - begin));
  ARROW_ASSIGN_OR_RAISE(auto batch, Decode(std::move(bytes)));
  first.bytes_taken = end;
  first.batch_ends.pop_front();
  if (first.batch_ends.empty()) {
    bytes_held_ -= first.file->bytes();
    files_.pop_front();
  }
  return batch;
}

void SpillQueue::Clear() {
  files_.clear();
  bytes_held_ = 0;
}

}  // namespace arrowport::stream
