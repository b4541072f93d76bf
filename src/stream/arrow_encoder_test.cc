#include "stream/arrow_encoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "stream/batch_encoder.h"
#include "stream/encoder_samples.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr EncodeOptions kFile = {.format = WireFormat::kArrowFile};

Result<Batches> FromIpcFile(std::string_view body) {
  const std::shared_ptr<arrow::io::BufferReader> input =
      arrow::io::BufferReader::FromString(std::string(body));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchFileReader::Open(input));
  return reader->ToRecordBatches();
}

Result<Batches> Decoded(WireFormat format, std::string_view body) {
  return format == WireFormat::kArrowFile ? FromIpcFile(body) : FromIpcStream(body);
}

std::shared_ptr<arrow::RecordBatch> NumbersBatch(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return BatchOf(builder.Finish().ValueOrDie());
}

class ArrowFormsTest : public testing::TestWithParam<EncodeOptions> {};

TEST_P(ArrowFormsTest, GivesEveryTypeBackUnchanged) {
  const auto sent = MakeEveryTypeBatch().ValueOrDie();
  const auto received =
      Decoded(GetParam().format, Encoded(GetParam(), {sent, sent->Slice(1), sent}));
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_THAT(*received, SizeIs(3));
  EXPECT_TRUE((*received)[0]->Equals(*sent));
  EXPECT_TRUE((*received)[1]->Equals(*sent->Slice(1)));
  EXPECT_TRUE((*received)[2]->ValidateFull().ok());
}

TEST_P(ArrowFormsTest, TellsTheSchemaOfNoRows) {
  const auto schema = arrow::schema({arrow::field("a", arrow::int8())});
  const std::string body = Encode(GetParam(), schema, {}).ValueOrDie();
  const auto received = Decoded(GetParam().format, body);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_THAT(*received, IsEmpty());
}

TEST_P(ArrowFormsTest, LeavesABodyWithoutItsEndVisiblyIncomplete) {
  const auto batch = BatchOf(arrow::int8(), "[1]");
  auto encoder = MakeBatchEncoder(GetParam(), batch->schema()).ValueOrDie();
  std::string body = Joined(encoder->Begin().ValueOrDie());
  body += Joined(encoder->Encode(batch).ValueOrDie());
  EXPECT_FALSE(Decoded(GetParam().format, body).ok());
}

TEST_P(ArrowFormsTest, SendsBuffersThatDoNotShrinkAsTheyAre) {
  std::mt19937_64 random(1);
  std::vector<int64_t> values(100'000);
  for (int64_t& value : values) value = static_cast<int64_t>(random());
  const auto batch = NumbersBatch(values);
  const std::string body = Encoded(GetParam(), {batch});
  const auto* const data = reinterpret_cast<const char*>(batch->column_data(0)->buffers[1]->data());
  EXPECT_NE(body.find(std::string_view(data, values.size() * sizeof(int64_t))), std::string::npos);
  EXPECT_TRUE(Decoded(GetParam().format, body).ValueOrDie().front()->Equals(*batch));
}

TEST_P(ArrowFormsTest, MakesBuffersThatRepeatSmaller) {
  const auto batch = NumbersBatch(std::vector<int64_t>(100'000, 7));
  const size_t plain = Encoded(GetParam().format, {batch}).size();
  const size_t size = Encoded(GetParam(), {batch}).size();
  if (GetParam().compression == Compression::kNone) {
    EXPECT_EQ(size, plain);
  } else {
    EXPECT_LT(size * 10, plain);
  }
}

std::string FormName(const testing::TestParamInfo<EncodeOptions>& info) {
  const std::string form = info.param.format == WireFormat::kArrowFile ? "file_" : "stream_";
  return form + std::string(NameOf(info.param.compression));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ArrowFormsTest,
    testing::Values(
        EncodeOptions{.format = WireFormat::kArrowStream},
        EncodeOptions{.format = WireFormat::kArrowStream, .compression = Compression::kZstd},
        EncodeOptions{.format = WireFormat::kArrowStream, .compression = Compression::kLz4}, kFile,
        EncodeOptions{.format = WireFormat::kArrowFile, .compression = Compression::kZstd},
        EncodeOptions{.format = WireFormat::kArrowFile, .compression = Compression::kLz4}),
    FormName);

TEST(ArrowFileEncoderTest, SharesTheBuffersOfABatchInsteadOfCopyingThem) {
  const auto batch = NumbersBatch(std::vector<int64_t>(100'000, 7));
  auto encoder = MakeArrowEncoder(kFile, batch->schema()).ValueOrDie();
  ASSERT_TRUE(encoder->Begin().ok());
  const Buffers pieces = encoder->Encode(batch).ValueOrDie();
  bool is_shared = false;
  for (const auto& piece : pieces) {
    is_shared = is_shared || piece->data() == batch->column_data(0)->buffers[1]->data();
  }
  EXPECT_TRUE(is_shared);
  EXPECT_LE(pieces.size(), 3U);
}

std::shared_ptr<arrow::RecordBatch> LettersBatch(const std::string& letters) {
  return BatchOf(arrow::DictionaryArray::FromArrays(
                     arrow::json::ArrayFromJSONString(arrow::int8(), "[0]").ValueOrDie(),
                     arrow::json::ArrayFromJSONString(arrow::utf8(), letters).ValueOrDie())
                     .ValueOrDie());
}

TEST(ArrowFileEncoderTest, TakesADictionaryThatGrows) {
  const auto grown = LettersBatch(R"(["a", "b"])");
  const auto received = FromIpcFile(Encoded(kFile, {LettersBatch(R"(["a"])"), grown}));
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_TRUE(received->back()->Equals(*grown));
}

TEST(ArrowFileEncoderTest, RefusesASecondDictionary) {
  const Batches batches = {LettersBatch(R"(["a"])"), LettersBatch(R"(["b"])")};
  EXPECT_FALSE(Encode(kFile, batches.front()->schema(), batches).ok());
}

}  // namespace
}  // namespace arrowport::stream
