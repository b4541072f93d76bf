// The body of a put: an Arrow IPC stream, in parts of any size.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "base/limits.h"
#include "fuzz/fuzzing.h"
#include "stream/batch_encoder.h"
#include "stream/ipc_decoder.h"

namespace arrowport::fuzz {
namespace {

// A few bytes may stand for any number of nulls or of equal values, and each of many lists for all
// of their values.
constexpr int64_t kRowsRead = 100;
constexpr int64_t kMessageBytesMax = 256 * kKiB;

// Reads every value, so that a sanitizer sees it when one lies outside of its buffer.
void ReadEveryValue(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const auto part = batch->Slice(0, kRowsRead);
  for (const auto format : {stream::WireFormat::kNdjson, stream::WireFormat::kArrowStream}) {
    const auto encoder = stream::MakeBatchEncoder(format, part->schema());
    RequireFaultOfClient(encoder.status());
    if (!encoder.ok()) continue;
    RequireFaultOfClient((*encoder)->Begin().status());
    RequireFaultOfClient((*encoder)->Encode(part).status());
  }
}

Status Feed(stream::IpcDecoder& decoder, Input input, size_t part_bytes) {
  while (!input.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto space, decoder.Prepare());
    if (space.empty()) break;
    const size_t part = std::min({space.size(), input.size(), part_bytes});
    std::memcpy(space.data(), input.data(), part);
    input = input.subspan(part);
    ARROW_RETURN_NOT_OK(decoder.Commit(part));
  }
  return decoder.Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array<size_t, 4> kPartBytes = {SIZE_MAX, SIZE_MAX, 1000, 7};
  Input input(data, size);
  const size_t part_bytes = kPartBytes[TakeChoice(input, kPartBytes.size())];
  stream::IpcDecoder decoder({.message_bytes_max = kMessageBytesMax});
  const Status status = Feed(decoder, input, part_bytes);
  RequireFaultOfClient(status);
  // What came before a failure was handed out as valid, and has to be.
  while (const auto batch = decoder.TakeBatch()) ReadEveryValue(batch);
  return 0;
}

}  // namespace arrowport::fuzz
