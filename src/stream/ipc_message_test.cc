#include "stream/ipc_message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/flatbuffer_reader.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Ge;
using testing::Gt;
using testing::HasSubstr;
using testing::Le;
using testing::Lt;

constexpr int64_t kMessageBytesMax = 1 * kMiB;

/// The header of the message that begins at `place`; empty for the end of the stream.
std::string HeaderAt(const std::string& stream, size_t place) {
  int32_t bytes = 0;
  std::memcpy(&bytes, stream.data() + place + 4, sizeof(bytes));
  return stream.substr(place + 8, static_cast<size_t>(bytes));
}

std::string SchemaHeader(const std::shared_ptr<arrow::Schema>& schema) {
  const auto batch = arrow::RecordBatch::MakeEmpty(schema).ValueOrDie();
  return HeaderAt(ToIpcStream({batch}).ValueOrDie(), 0);
}

Result<IpcMessage> Read(const std::string& header, int64_t message_bytes_max = kMessageBytesMax) {
  return ReadIpcMessage({reinterpret_cast<const uint8_t*>(header.data()), header.size()},
                        message_bytes_max);
}

/// The headers of the messages of a stream, which ends after them.
std::vector<std::string> HeadersOf(const std::string& stream) {
  std::vector<std::string> headers;
  size_t place = 0;
  for (;;) {
    std::string header = HeaderAt(stream, place);
    if (header.empty()) return headers;
    place += 8 + header.size() + static_cast<size_t>(Read(header).ValueOrDie().body_bytes);
    headers.push_back(std::move(header));
  }
}

/// Places in a schema's header, so that tests can bend its pointers.
class SchemaHeaderPlaces {
 public:
  explicit SchemaHeaderPlaces(std::string* header)
      : header_(header),
        reader_({reinterpret_cast<const uint8_t*>(header->data()), header->size()}) {}

  size_t Schema() { return reader_.Child(reader_.Root(), 2); }
  size_t Fields() { return reader_.Child(Schema(), 1); }
  size_t Children(size_t field) { return reader_.Child(field, 5); }
  size_t Metadata(size_t field) { return reader_.Child(field, 6); }
  size_t Element(size_t vector, uint32_t index) { return reader_.Element(vector, index); }

  /// Makes element `index` of a vector of tables point to what element `target` points to.
  void PointTo(size_t vector, uint32_t index, size_t target) {
    const size_t place = vector + sizeof(uint32_t) * (1 + index);
    const auto offset = static_cast<uint32_t>(target - place);
    std::memcpy(header_->data() + place, &offset, sizeof(offset));
  }

 private:
  std::string* header_;
  FlatbufferReader reader_;
};

TEST(IpcMessageTest, TellsWhatEachMessageOfAStreamIs) {
  const auto column =
      arrow::json::ArrayFromJSONString(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a"])")
          .ValueOrDie();
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("a", column->type())}), 1, {column});
  const auto headers = HeadersOf(ToIpcStream({batch}).ValueOrDie());
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(Read(headers[0])->kind, IpcMessageKind::kSchema);
  EXPECT_EQ(Read(headers[0])->body_bytes, 0);
  EXPECT_EQ(Read(headers[1])->kind, IpcMessageKind::kDictionary);
  EXPECT_FALSE(Read(headers[1])->is_delta);
  EXPECT_EQ(Read(headers[2])->kind, IpcMessageKind::kBatch);
  EXPECT_GT(Read(headers[2])->body_bytes, 0);
}

TEST(IpcMessageTest, RefusesBodiesAndBuffersOverTheLimit) {
  const auto batch = MakeEveryTypeBatch().ValueOrDie();
  const auto headers = HeadersOf(ToIpcStream({batch}).ValueOrDie());
  EXPECT_TRUE(Read(headers.back()).ok());
  EXPECT_EQ(KindOf(Read(headers.back(), 64).status()), ErrorKind::kTooLarge);
}

// Thirty structs within one another, each of which has its first child twice: 2^30 fields in some
// kilobytes, which Arrow would build.
TEST(IpcMessageTest, RefusesAFewFieldsThatStandForBillions) {
  auto type = arrow::int32();
  for (int i = 0; i < 30; ++i) {
    type = arrow::struct_({arrow::field("a", type), arrow::field("b", arrow::int32())});
  }
  std::string header = SchemaHeader(arrow::schema({arrow::field("a", type)}));
  ASSERT_TRUE(Read(header).ok());
  SchemaHeaderPlaces places(&header);
  size_t field = places.Element(places.Fields(), 0);
  for (int i = 0; i < 30; ++i) {
    const size_t children = places.Children(field);
    field = places.Element(children, 0);
    places.PointTo(children, 1, field);
  }
  EXPECT_EQ(KindOf(Read(header).status()), ErrorKind::kTooLarge);
  EXPECT_THAT(Read(header).status().message(), HasSubstr("fields"));
}

// A hundred pairs that all point to the one that holds a megabyte.
TEST(IpcMessageTest, RefusesTextThatIsPointedToOftenEnoughToFillMemory) {
  std::vector<std::string> keys(100);
  std::vector<std::string> values(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = std::to_string(i);
  values[0] = std::string(1 * kMiB, 'x');
  const auto metadata = arrow::key_value_metadata(keys, values);
  std::string header =
      SchemaHeader(arrow::schema({arrow::field("a", arrow::int8(), true, metadata)}));
  ASSERT_TRUE(Read(header).ok());
  SchemaHeaderPlaces places(&header);
  const size_t pairs = places.Metadata(places.Element(places.Fields(), 0));
  size_t large = 0;
  for (uint32_t i = 0; i < values.size(); ++i) {
    const size_t pair = places.Element(pairs, i);
    // Pairs are written in order, and what is written first stands last.
    large = std::max(large, pair);
  }
  for (uint32_t i = 0; i < values.size(); ++i) places.PointTo(pairs, i, large);
  EXPECT_EQ(KindOf(Read(header).status()), ErrorKind::kTooLarge);
}

TEST(IpcMessageTest, RefusesExtensionTypesWhoseJsonWouldOverflowTheStack) {
  const auto header_of = [](const std::string& json) {
    const auto metadata = arrow::key_value_metadata(
        {"ARROW:extension:name", "ARROW:extension:metadata"}, {"somebody.type", json});
    return SchemaHeader(arrow::schema({arrow::field("a", arrow::int8(), true, metadata)}));
  };
  EXPECT_TRUE(Read(header_of(R"({"shape": [1, 2], "names": ["[[[[", "\"[["]})")).ok());
  EXPECT_TRUE(Read(header_of("\"" + std::string(10'000, '[') + "\"")).ok());
  EXPECT_EQ(KindOf(Read(header_of(std::string(10'000, '['))).status()), ErrorKind::kTooLarge);
}

TEST(IpcMessageTest, RefusesBatchesOfMoreRowsThanTheLimit) {
  const auto header_of = [](int64_t rows) {
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.allow_64bit = true;
    const auto nulls = arrow::ArrayData::Make(
        arrow::null(), rows, std::vector<std::shared_ptr<arrow::Buffer>>{nullptr}, rows);
    const auto schema = arrow::schema({arrow::field("a", arrow::null())});
    const auto batch = arrow::RecordBatch::Make(schema, rows, arrow::ArrayDataVector{nulls});
    const auto stream = ToIpcStream({batch}, options).ValueOrDie();
    // A batch of nulls alone has no body, so that its header stands right after the schema's.
    return HeaderAt(stream, 8 + HeaderAt(stream, 0).size());
  };
  EXPECT_TRUE(Read(header_of(limits::kBatchRowsMax)).ok());
  const Status status = Read(header_of(limits::kBatchRowsMax + 1)).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("2147483648 rows"));
}

TEST(IpcMessageTest, RefusesNestingBeyondTheLimitBeforeArrowSeesIt) {
  auto type = arrow::int32();
  for (int i = 0; i < limits::kSchemaDepthMax; ++i) type = arrow::list(type);
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.max_recursion_depth = 200;
  const auto batch =
      arrow::RecordBatch::MakeEmpty(arrow::schema({arrow::field("a", type)})).ValueOrDie();
  const auto stream = ToIpcStream({batch}, options).ValueOrDie();
  EXPECT_EQ(KindOf(FromIpcStream(stream).status()), ErrorKind::kTooLarge);
}

TEST(IpcMessageTest, StaysWithinTheBytesWhateverTheySay) {
  const auto headers = HeadersOf(ToIpcStream({MakeEveryTypeBatch().ValueOrDie()}).ValueOrDie());
  int accepted = 0;
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string& header = headers[random() % headers.size()];
    // On the heap and of the exact size, so that a sanitizer sees the first byte past the end.
    std::vector<uint8_t> bytes(header.begin(), header.end());
    bytes.resize(random() % 4 == 0 ? random() % (bytes.size() + 1) : bytes.size());
    for (unsigned i = 0; i < 1 + random() % 8 && !bytes.empty(); ++i) {
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    }
    const auto message = ReadIpcMessage(bytes, kMessageBytesMax);
    if (message.ok()) {
      ++accepted;
      EXPECT_THAT(message->body_bytes, AllOf(Ge(0), Le(kMessageBytesMax)));
    } else {
      EXPECT_THAT(KindOf(message.status()), AnyOf(ErrorKind::kInvalidInput, ErrorKind::kTooLarge))
          << message.status();
    }
  }
  // Some changes hit values and padding; if none or all of them did, little would be tried here.
  EXPECT_THAT(accepted, AllOf(Gt(1'000), Lt(19'000)));
}

}  // namespace
}  // namespace arrowport::stream
