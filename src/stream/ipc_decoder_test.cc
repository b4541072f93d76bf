#include "stream/ipc_decoder.h"

#include <gtest/gtest.h>

#include <arrow/api.h>

#include "stream/batch_encoder.h"

namespace arrowport::stream {
namespace {
TEST(IpcDecoderTest, RoundTrip) {
  arrow::Int64Builder b;
  ASSERT_TRUE(b.AppendValues({1, 2, 3}).ok());
  auto array = *b.Finish();
  auto schema = arrow::schema({arrow::field("a", arrow::int64())});
  auto batch = arrow::RecordBatch::Make(schema, 3, {array});
  auto encoder = *MakeBatchEncoder(WireFormat::kArrowStream, schema);
  std::string bytes;
  for (const auto& p : *encoder->Begin()) bytes += p->ToString();
  EXPECT_GT(bytes.size(), 0u);
  for (const auto& p : *encoder->Encode(batch)) bytes += p->ToString();
  for (const auto& p : *encoder->End()) bytes += p->ToString();
  IpcDecoder decoder({});
  size_t at = 0;
  while (at < bytes.size()) {
    auto space = decoder.Prepare();
    ASSERT_TRUE(space.ok()) << space.status();
    size_t n = std::min(space->size(), bytes.size() - at);
    memcpy(space->data(), bytes.data() + at, n);
    at += n;
    auto s = decoder.Commit(n);
    ASSERT_TRUE(s.ok()) << s;
  }
  ASSERT_TRUE(decoder.Finish().ok()) << decoder.Finish();
  auto got = decoder.TakeBatch();
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->Equals(*batch));
}
}  // namespace
}  // namespace arrowport::stream
