#include "stream/ipc_decoder.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/array.h>
#include <arrow/ipc/options.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> BatchOf(const std::shared_ptr<arrow::DataType>& type,
                                            const std::string& json) {
  auto column = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  const int64_t rows = column->length();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("a", type)}), rows,
                                  {std::move(column)});
}

std::shared_ptr<arrow::RecordBatch> EveryType() { return MakeEveryTypeBatch().ValueOrDie(); }

std::string Stream(const Batches& batches) { return ToIpcStream(batches).ValueOrDie(); }

// The first message of `stream`.
std::string SchemaOf(const std::string& stream) {
  constexpr size_t kPrefixBytes = 8;
  int32_t header_bytes = 0;
  std::memcpy(&header_bytes, stream.data() + sizeof(int32_t), sizeof(header_bytes));
  return stream.substr(0, kPrefixBytes + static_cast<size_t>(header_bytes));
}

arrow::ipc::IpcWriteOptions Compressed(arrow::Compression::type codec) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.codec = arrow::util::Codec::Create(codec).ValueOrDie();
  return options;
}

ErrorKind KindOfFeeding(const std::string& bytes, const IpcDecoderOptions& options = {}) {
  const auto batches = FromIpcStream(bytes, SIZE_MAX, options);
  return batches.ok() ? ErrorKind::kInternal : KindOf(batches.status());
}

class IpcDecoderPartsTest : public testing::TestWithParam<size_t> {};

TEST_P(IpcDecoderPartsTest, GivesEveryTypeBackUnchangedHoweverItsBytesArrive) {
  const auto sent = EveryType();
  const auto received = FromIpcStream(Stream({sent, sent}), GetParam());
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_EQ(received->size(), 2U);
  for (const auto& batch : *received) {
    EXPECT_TRUE(batch->Equals(*sent, /*check_metadata=*/true)) << batch->ToString();
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, IpcDecoderPartsTest, testing::Values(1, 3, 8, 1000, SIZE_MAX));

class IpcDecoderCompressionTest : public testing::TestWithParam<arrow::Compression::type> {};

TEST_P(IpcDecoderCompressionTest, GivesEveryTypeBackUnchangedFromCompressedBuffers) {
  const auto sent = EveryType();
  const auto bytes = ToIpcStream({sent, sent}, Compressed(GetParam()));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto received = FromIpcStream(*bytes);
  ASSERT_TRUE(received.ok()) << received.status();
  for (const auto& batch : *received) EXPECT_TRUE(batch->Equals(*sent));
}

INSTANTIATE_TEST_SUITE_P(Codecs, IpcDecoderCompressionTest,
                         testing::Values(arrow::Compression::LZ4_FRAME, arrow::Compression::ZSTD));

TEST(IpcDecoderTest, KnowsTheSchemaBeforeTheFirstBatch) {
  const auto batch = BatchOf(arrow::int32(), "[1]");
  const std::string bytes = Stream({batch});
  IpcDecoder decoder({});
  EXPECT_EQ(decoder.schema(), nullptr);
  std::string_view rest = bytes;
  while (decoder.schema() == nullptr) {
    const auto space = decoder.Prepare();
    ASSERT_TRUE(space.ok()) << space.status();
    std::memcpy(space->data(), rest.data(), space->size());
    rest.remove_prefix(space->size());
    ASSERT_TRUE(decoder.Commit(space->size()).ok());
  }
  EXPECT_TRUE(decoder.schema()->Equals(*batch->schema()));
  EXPECT_EQ(decoder.TakeBatch(), nullptr);
  EXPECT_FALSE(rest.empty());
}

TEST(IpcDecoderTest, KnowsTheSchemaOfAStreamWithoutDictionariesThatItsSchemaNeeds) {
  const std::string with_batch =
      Stream({BatchOf(arrow::dictionary(arrow::int8(), arrow::utf8()), "[]")});
  const std::string end("\xff\xff\xff\xff\0\0\0\0", 8);
  IpcDecoder decoder({});
  const Status status = Feed(decoder, SchemaOf(with_batch) + end);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_NE(decoder.schema(), nullptr);
}

TEST(IpcDecoderTest, KeepsWhatWasReadFromTheSocketInsteadOfACopy) {
  const std::string bytes = Stream({BatchOf(arrow::int64(), "[1, 2, 3]")});
  IpcDecoder decoder({});
  std::string_view rest = bytes;
  std::span<uint8_t> body;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (batch == nullptr) {
    body = decoder.Prepare().ValueOrDie();
    std::memcpy(body.data(), rest.data(), body.size());
    rest.remove_prefix(body.size());
    ASSERT_TRUE(decoder.Commit(body.size()).ok());
    batch = decoder.TakeBatch();
  }
  const uint8_t* const values = batch->column_data(0)->buffers[1]->data();
  EXPECT_GE(values, body.data());
  EXPECT_LT(values, body.data() + body.size());
}

TEST(IpcDecoderTest, LetsBatchesOutliveIt) {
  std::optional<IpcDecoder> decoder(IpcDecoderOptions{});
  const auto sent = EveryType();
  const auto bytes = ToIpcStream({sent}, Compressed(arrow::Compression::ZSTD)).ValueOrDie();
  ASSERT_TRUE(Feed(*decoder, bytes).ok());
  const auto batch = decoder->TakeBatch();
  decoder.reset();
  EXPECT_TRUE(batch->Equals(*sent));
}

TEST(IpcDecoderTest, GoesOnWhereItWasAfterAMove) {
  const std::string bytes = Stream({BatchOf(arrow::int64(), "[1, 2, 3]")});
  IpcDecoder first({});
  ASSERT_FALSE(Feed(first, bytes.substr(0, 20)).ok());
  IpcDecoder second = std::move(first);
  EXPECT_TRUE(Feed(second, bytes.substr(20)).ok());
  EXPECT_EQ(second.bytes_read(), static_cast<int64_t>(bytes.size()));
}

TEST(IpcDecoderTest, GivesNoMoreSpaceAfterTheEndOfTheStream) {
  IpcDecoder decoder({});
  ASSERT_TRUE(Feed(decoder, Stream({BatchOf(arrow::int64(), "[1]")})).ok());
  EXPECT_TRUE(decoder.at_end());
  EXPECT_TRUE(decoder.Prepare()->empty());
}

TEST(IpcDecoderTest, ReadsStreamsOfBeforeArrow015) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.write_legacy_ipc_format = true;
  options.metadata_version = arrow::ipc::MetadataVersion::V4;
  const auto sent = BatchOf(arrow::utf8(), R"(["a", null])");
  const auto received = FromIpcStream(ToIpcStream({sent}, options).ValueOrDie());
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_TRUE(received->front()->Equals(*sent));
}

TEST(IpcDecoderTest, TurnsBigEndianNumbersAround) {
  const auto sent = BatchOf(arrow::int32(), "[1, 256]");
  const auto schema = sent->schema()->WithEndianness(arrow::Endianness::Big);
  const auto received =
      FromIpcStream(Stream({arrow::RecordBatch::Make(schema, sent->num_rows(), sent->columns())}));
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_TRUE(received->front()->Equals(*BatchOf(arrow::int32(), "[16777216, 65536]")));
}

TEST(IpcDecoderTest, FollowsDictionariesThatAreReplacedOrAddedTo) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const Batches sent = {BatchOf(type, R"(["a", "b"])"), BatchOf(type, R"(["a", "b", "c"])"),
                        BatchOf(type, R"(["z", "a"])")};
  for (const bool emit_deltas : {false, true}) {
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.emit_dictionary_deltas = emit_deltas;
    const auto received = FromIpcStream(ToIpcStream(sent, options).ValueOrDie());
    ASSERT_TRUE(received.ok()) << received.status();
    ASSERT_EQ(received->size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) EXPECT_TRUE((*received)[i]->Equals(*sent[i]));
  }
}

// The inner dictionary of the second batch is smaller than the first batch's indices reach.
TEST(IpcDecoderTest, LeavesABatchAsItWasWhenADictionaryWithinItsDictionaryIsReplaced) {
  const auto inner_type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto batch_of = [&](const std::string& inner_json) {
    auto inner = arrow::json::ArrayFromJSONString(arrow::list(inner_type), inner_json).ValueOrDie();
    auto indices = arrow::json::ArrayFromJSONString(arrow::int8(), "[0, 0]").ValueOrDie();
    auto column = arrow::DictionaryArray::FromArrays(
                      arrow::dictionary(arrow::int8(), inner->type()), indices, inner)
                      .ValueOrDie();
    return arrow::RecordBatch::Make(arrow::schema({arrow::field("a", column->type())}), 2,
                                    {column});
  };
  const Batches sent = {batch_of(R"([["x", "y", "z"]])"), batch_of(R"([["w"]])")};
  const auto received = FromIpcStream(Stream(sent));
  ASSERT_TRUE(received.ok()) << received.status();
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_TRUE((*received)[i]->ValidateFull().ok());
    EXPECT_TRUE((*received)[i]->Equals(*sent[i]));
  }
}

TEST(IpcDecoderTest, RefusesAStreamThatEndsBetweenTwoBatches) {
  const auto batch = BatchOf(arrow::int64(), "[1, 2, 3]");
  const std::string one = Stream({batch});
  IpcDecoder decoder({});
  const Status status = Feed(decoder, one.substr(0, one.size() - 8));
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("after 1 batches"));
  EXPECT_THAT(status.message(), HasSubstr("end-of-stream"));
}

TEST(IpcDecoderTest, RefusesAStreamCutAnywhere) {
  const std::string bytes = Stream({BatchOf(arrow::utf8(), R"(["a", "b"])")});
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_EQ(KindOfFeeding(bytes.substr(0, cut)), ErrorKind::kInvalidInput) << cut;
  }
}

TEST(IpcDecoderTest, RefusesAStreamThatEndsBeforeItsSchema) {
  EXPECT_EQ(KindOfFeeding(std::string("\xff\xff\xff\xff\0\0\0\0", 8)), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOfFeeding(""), ErrorKind::kInvalidInput);
}

TEST(IpcDecoderTest, FailsAtOnceWhereAStreamEndsBeforeItsSchema) {
  // In the forms of today and of before Arrow 0.15. Who reads on until there is a schema must not
  // find a decoder that neither fails nor takes anything.
  for (const std::string& end :
       {std::string(4, '\0'), std::string("\xff\xff\xff\xff\0\0\0\0", 8)}) {
    IpcDecoder decoder({});
    Status status;
    for (std::string_view rest = end; status.ok() && !rest.empty();) {
      const auto space = decoder.Prepare().ValueOrDie();
      ASSERT_FALSE(space.empty());
      const size_t part = std::min(space.size(), rest.size());
      std::memcpy(space.data(), rest.data(), part);
      rest.remove_prefix(part);
      status = decoder.Commit(part);
    }
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
    EXPECT_THAT(status.message(), HasSubstr("ends before its schema"));
    EXPECT_FALSE(decoder.at_end());
    EXPECT_EQ(decoder.Prepare().status(), status);
  }
}

TEST(IpcDecoderTest, NamesOtherFormatsThatAreSentInstead) {
  EXPECT_THAT(FromIpcStream("ARROW1\0\0and more").status().message(), HasSubstr("Arrow file"));
  EXPECT_THAT(FromIpcStream("PAR1\x15\x04").status().message(), HasSubstr("Parquet"));
  EXPECT_EQ(KindOfFeeding("id,name\n1,a\n"), ErrorKind::kUnsupportedMedia);
  EXPECT_EQ(KindOfFeeding("{\"a\": 1}"), ErrorKind::kUnsupportedMedia);
  EXPECT_EQ(KindOfFeeding("\x1f\x8b\x08\x08"), ErrorKind::kUnsupportedMedia);
}

TEST(IpcDecoderTest, RefusesABodyOverTheLimitBeforeAskingForItsMemory) {
  const auto batch = BatchOf(arrow::int64(), "[1, 2, 3, 4, 5, 6, 7, 8, 9]");
  EXPECT_EQ(KindOfFeeding(Stream({batch}), {.message_bytes_max = 64}), ErrorKind::kTooLarge);
  EXPECT_TRUE(FromIpcStream(Stream({batch}), SIZE_MAX, {.message_bytes_max = 128}).ok());
}

TEST(IpcDecoderTest, RefusesAHeaderOverTheLimit) {
  std::string bytes = Stream({BatchOf(arrow::int64(), "[1]")});
  const int32_t announced = limits::kIpcMetadataBytesMax + 8;
  std::memcpy(bytes.data() + 4, &announced, sizeof(announced));
  EXPECT_EQ(KindOfFeeding(bytes), ErrorKind::kTooLarge);
}

TEST(IpcDecoderTest, RefusesBuffersThatGrowOverTheLimitWhenDecompressed) {
  const auto zeros = arrow::MakeArrayOfNull(arrow::int64(), 1'000'000).ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::int64())}),
                                              1'000'000, {zeros});
  for (const auto codec : {arrow::Compression::LZ4_FRAME, arrow::Compression::ZSTD}) {
    const auto bytes = ToIpcStream({batch}, Compressed(codec)).ValueOrDie();
    ASSERT_LT(bytes.size(), 100'000U);
    EXPECT_EQ(KindOfFeeding(bytes, {.message_bytes_max = 1 * kMiB}), ErrorKind::kTooLarge);
    EXPECT_TRUE(FromIpcStream(bytes, SIZE_MAX, {.message_bytes_max = 16 * kMiB}).ok());
  }
}

// Arrow calls the largest of them "out of memory", which would be the server's fault.
TEST(IpcDecoderTest, RefusesBuffersThatAnnounceMoreThanThereCanBe) {
  const auto zeros = arrow::MakeArrayOfNull(arrow::int64(), 1'000).ValueOrDie();
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::int64())}), 1'000, {zeros});
  const auto bytes = ToIpcStream({batch}, Compressed(arrow::Compression::ZSTD)).ValueOrDie();
  constexpr int64_t kBytes = 8'000;
  const size_t place =
      bytes.find(std::string_view(reinterpret_cast<const char*>(&kBytes), sizeof(kBytes)));
  ASSERT_NE(place, std::string::npos);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const int64_t announced : {kMost, kMost - 62, kMost - 63, kMost / 2}) {
    auto changed = bytes;
    std::memcpy(changed.data() + place, &announced, sizeof(announced));
    EXPECT_EQ(KindOfFeeding(changed), ErrorKind::kTooLarge) << announced;
  }
}

TEST(IpcDecoderTest, RefusesBuffersThatAreOnlyTogetherOverTheLimitWhenDecompressed) {
  const auto zeros = arrow::MakeArrayOfNull(arrow::int64(), 100'000).ValueOrDie();
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (int i = 0; i < 20; ++i) {
    fields.push_back(arrow::field("a" + std::to_string(i), arrow::int64()));
    columns.push_back(zeros);
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(fields), 100'000, columns);
  const auto bytes = ToIpcStream({batch}, Compressed(arrow::Compression::ZSTD)).ValueOrDie();
  EXPECT_EQ(KindOfFeeding(bytes, {.message_bytes_max = 4 * kMiB}), ErrorKind::kTooLarge);
}

TEST(IpcDecoderTest, RefusesDictionariesThatGrowOverTheLimitByAdditions) {
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.emit_dictionary_deltas = true;
  Batches batches;
  std::string values;
  for (int i = 0; i < 200; ++i) {
    values += (values.empty() ? "\"" : ", \"") + std::to_string(i) + std::string(100, 'x') + "\"";
    batches.push_back(BatchOf(type, "[" + values + "]"));
  }
  const auto bytes = ToIpcStream(batches, options).ValueOrDie();
  EXPECT_TRUE(FromIpcStream(bytes, SIZE_MAX, {.message_bytes_max = 1 * kMiB}).ok());
  EXPECT_EQ(KindOfFeeding(bytes, {.message_bytes_max = 32 * kKiB}), ErrorKind::kTooLarge);
}

TEST(IpcDecoderTest, ForgetsTheSizeOfDictionariesThatAreReplaced) {
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  Batches batches;
  for (int i = 0; i < 200; ++i) {
    batches.push_back(BatchOf(type, "[\"" + std::to_string(i) + std::string(1'000, 'x') + "\"]"));
  }
  EXPECT_TRUE(FromIpcStream(Stream(batches), SIZE_MAX, {.message_bytes_max = 16 * kKiB}).ok());
}

TEST(IpcDecoderTest, GivesStreamsOfOneSchemaTheSameObject) {
  const std::string bytes = Stream({BatchOf(arrow::float32(), "[1, 2]")});
  IpcDecoder first({});
  IpcDecoder second({});
  ASSERT_TRUE(Feed(first, bytes).ok());
  ASSERT_TRUE(Feed(second, bytes).ok());
  EXPECT_EQ(first.schema(), second.schema());
  EXPECT_TRUE(first.TakeBatch()->Equals(*second.TakeBatch()));
}

TEST(IpcDecoderTest, DecodesDictionariesWhoseSchemaCameBefore) {
  const auto batch = BatchOf(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", "b"])");
  for (int i = 0; i < 2; ++i) {
    const auto batches = FromIpcStream(Stream({batch}));
    ASSERT_TRUE(batches.ok()) << batches.status();
    EXPECT_TRUE(batches->front()->Equals(*batch));
  }
}

TEST(IpcDecoderTest, RefusesADictionaryThatNoColumnHas) {
  const std::string plain = Stream({BatchOf(arrow::int64(), "[1]")});
  const std::string other =
      Stream({BatchOf(arrow::dictionary(arrow::int8(), arrow::utf8()), "[]")});
  const Status status =
      FromIpcStream(SchemaOf(plain) + other.substr(SchemaOf(other).size())).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("no column of the schema has one"));
}

TEST(IpcDecoderTest, RefusesASecondSchema) {
  const std::string bytes = Stream({BatchOf(arrow::int64(), "[1]")});
  EXPECT_THAT(FromIpcStream(bytes.substr(0, bytes.size() - 8) + bytes).status().message(),
              HasSubstr("second schema"));
}

TEST(IpcDecoderTest, RefusesASchemaThatIsNotValid) {
  const auto column = arrow::json::ArrayFromJSONString(arrow::int8(), "[1]").ValueOrDie();
  const auto schema =
      arrow::schema({arrow::field("a", arrow::int8()), arrow::field("A", arrow::int8())});
  const auto batch = arrow::RecordBatch::Make(schema, 1, {column, column});
  EXPECT_THAT(FromIpcStream(Stream({batch})).status().message(), HasSubstr("stands twice"));
}

TEST(IpcDecoderTest, RefusesABatchThatIsNotValidAndSaysWhichOne) {
  const auto good = BatchOf(arrow::utf8(), R"(["ab"])");
  const auto bytes = arrow::Buffer::FromString("\xff\xff");
  auto data = good->column_data(0)->Copy();
  data->buffers[2] = bytes;
  const auto bad = arrow::RecordBatch::Make(good->schema(), 1, {data});
  const Status status = FromIpcStream(Stream({good, bad})).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("batch 1, column 'a'"));
  EXPECT_THAT(status.message(), HasSubstr("UTF8"));
}

TEST(IpcDecoderTest, StaysFailedAfterItsFirstFailure) {
  IpcDecoder decoder({});
  const Status first = Feed(decoder, "id,name\n");
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(decoder.Prepare().status(), first);
  EXPECT_EQ(decoder.Commit(1), first);
  EXPECT_EQ(decoder.Finish(), first);
}

}  // namespace
}  // namespace arrowport::stream
