// The body of a put as CSV or JSON, for a table that is there or not.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/limits.h"
#include "fuzz/fuzzing.h"
#include "stream/text_decoder.h"

namespace arrowport::fuzz {
namespace {

// As an engine gives them.
std::shared_ptr<arrow::Schema> SomeTable() {
  return arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()),
       arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       arrow::field("day", arrow::date32()), arrow::field("x", arrow::float64()),
       arrow::field("price", arrow::decimal128(18, 3)), arrow::field("yes", arrow::boolean()),
       arrow::field("raw", arrow::binary()), arrow::field("tags", arrow::list(arrow::utf8())),
       arrow::field("place", arrow::struct_({arrow::field("lat", arrow::float32()),
                                             arrow::field("lon", arrow::int16())}))});
}

Status Feed(stream::TextDecoder& decoder, Input input, size_t part_bytes) {
  const auto take = [&decoder] {
    while (const auto batch = decoder.TakeBatch()) {
      Require(batch->ValidateFull().ok(), "a batch of text is not valid");
    }
  };
  while (!input.empty()) {
    const auto space = decoder.Prepare();
    const size_t part = std::min({space.size(), input.size(), part_bytes});
    std::memcpy(space.data(), input.data(), part);
    input = input.subspan(part);
    decoder.Commit(part);
    if (decoder.is_due() || part_bytes < input.size()) ARROW_RETURN_NOT_OK(decoder.Decode(false));
    take();
  }
  ARROW_RETURN_NOT_OK(decoder.Decode(true));
  take();
  return Status::OK();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array kForms = {stream::TextForm::kCsv, stream::TextForm::kNdjson,
                                        stream::TextForm::kJson};
  static constexpr std::array kDelimiters = {',', ';', '\t'};
  static constexpr std::array<size_t, 3> kPartBytes = {SIZE_MAX, 1000, 7};
  static const std::shared_ptr<arrow::Schema> kTable = SomeTable();
  Input input(data, size);
  stream::TextOptions options{.batch_bytes_max = 4 * kMiB};
  options.form = kForms[TakeChoice(input, kForms.size())];
  if (TakeChoice(input, 2) == 1) options.table = kTable;
  options.has_header = TakeChoice(input, 4) != 1;
  options.delimiter = kDelimiters[TakeChoice(input, kDelimiters.size())];
  const size_t part_bytes = kPartBytes[TakeChoice(input, kPartBytes.size())];
  stream::TextDecoder decoder(options);
  RequireFaultOfClient(Feed(decoder, input, part_bytes));
  return 0;
}

}  // namespace arrowport::fuzz
