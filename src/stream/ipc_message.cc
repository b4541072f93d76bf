#include "stream/ipc_message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/limits.h"
#include "stream/flatbuffer_reader.h"

namespace arrowport::stream {
namespace {

// Places of fields in the tables of Arrow's Message.fbs and Schema.fbs. A union takes two: its kind
// and its table.
namespace message_field {
constexpr int kHeaderKind = 1;
constexpr int kHeader = 2;
constexpr int kBodyLength = 3;
constexpr int kMetadata = 4;
}  // namespace message_field
namespace schema_field {
constexpr int kFields = 1;
constexpr int kMetadata = 2;
}  // namespace schema_field
namespace field_field {
constexpr int kName = 0;
constexpr int kTypeKind = 2;
constexpr int kType = 3;
constexpr int kChildren = 5;
constexpr int kMetadata = 6;
}  // namespace field_field
namespace batch_field {
constexpr int kLength = 0;
constexpr int kBuffers = 2;
constexpr int kCompression = 3;
}  // namespace batch_field
namespace dictionary_field {
constexpr int kId = 0;
constexpr int kData = 1;
constexpr int kIsDelta = 2;
}  // namespace dictionary_field

// Members of the unions MessageHeader and Type that are looked into.
constexpr uint8_t kHeaderSchema = 1;
constexpr uint8_t kHeaderDictionary = 2;
constexpr uint8_t kHeaderBatch = 3;
constexpr uint8_t kTypeTimestamp = 10;
constexpr uint8_t kTypeUnion = 14;

constexpr size_t kOffsetBytes = sizeof(uint32_t);
constexpr size_t kBufferBytes = 2 * sizeof(int64_t);

// Arrow allocates multiples of this.
constexpr int64_t kAllocationStep = 64;

// Extension types describe themselves in JSON, which Arrow parses by recursion.
constexpr int kJsonDepthMax = 64;

Status TooLarge(std::string message) { return MakeError(ErrorKind::kTooLarge, std::move(message)); }

Status Broken() {
  return MakeError(ErrorKind::kInvalidInput, "the message header is not a valid FlatBuffer");
}

int JsonDepth(std::string_view json) {
  int depth = 0;
  int deepest = 0;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

// Walks what Arrow would build, in the same order, and stops at the first limit.
class HeaderWalk {
 public:
  explicit HeaderWalk(FlatbufferReader& reader) : reader_(reader) {}

  Status Schema(FlatbufferReader::Position schema) {
    ARROW_RETURN_NOT_OK(KeyValues(reader_.Child(schema, schema_field::kMetadata)));
    return Fields(reader_.Child(schema, schema_field::kFields), 1);
  }

  Status KeyValues(FlatbufferReader::Position vector) {
    const uint32_t count = reader_.Length(vector, kOffsetBytes);
    for (uint32_t i = 0; i < count; ++i) {
      const auto pair = reader_.Element(vector, i);
      const std::string_view key = reader_.Text(reader_.Child(pair, 0));
      const std::string_view value = reader_.Text(reader_.Child(pair, 1));
      // The pair itself costs memory too, however short its texts are.
      ARROW_RETURN_NOT_OK(CountText(key.size() + value.size() + kOffsetBytes));
      if (key == "ARROW:extension:metadata" && JsonDepth(value) > kJsonDepthMax) {
        return TooLarge("the metadata of an extension type is nested deeper than " +
                        std::to_string(kJsonDepthMax) + " levels");
      }
    }
    return Check();
  }

 private:
  Status Fields(FlatbufferReader::Position vector, int depth) {
    const uint32_t count = reader_.Length(vector, kOffsetBytes);
    if (count > 0 && depth > limits::kSchemaDepthMax) {
      return TooLarge("the schema is nested deeper than " +
                      std::to_string(limits::kSchemaDepthMax) + " levels");
    }
    for (uint32_t i = 0; i < count; ++i) {
      ARROW_RETURN_NOT_OK(Field(reader_.Element(vector, i), depth));
    }
    return Check();
  }

  Status Field(FlatbufferReader::Position field, int depth) {
    if (++fields_ > limits::kSchemaFieldsMax) {
      return TooLarge("the schema has more than " + std::to_string(limits::kSchemaFieldsMax) +
                      " fields, nested ones counted too");
    }
    ARROW_RETURN_NOT_OK(CountText(reader_.Text(reader_.Child(field, field_field::kName)).size()));
    ARROW_RETURN_NOT_OK(KeyValues(reader_.Child(field, field_field::kMetadata)));
    const auto kind = reader_.Number<uint8_t>(field, field_field::kTypeKind, 0);
    const auto type = reader_.Child(field, field_field::kType);
    if (kind == kTypeTimestamp) {
      ARROW_RETURN_NOT_OK(CountText(reader_.Text(reader_.Child(type, 1)).size()));
    }
    if (kind == kTypeUnion) {
      const uint32_t ids = reader_.Length(reader_.Child(type, 1), sizeof(int32_t));
      ARROW_RETURN_NOT_OK(CountText(ids * sizeof(int32_t)));
    }
    return Fields(reader_.Child(field, field_field::kChildren), depth + 1);
  }

  Status CountText(size_t bytes) {
    text_bytes_ += static_cast<int64_t>(bytes);
    if (text_bytes_ > limits::kIpcMetadataBytesMax) {
      return TooLarge("the names and metadata of a message come to more than " +
                      std::to_string(limits::kIpcMetadataBytesMax) + " bytes");
    }
    return Check();
  }

  [[nodiscard]] Status Check() const { return reader_.failed() ? Broken() : Status::OK(); }

  FlatbufferReader& reader_;
  int64_t text_bytes_ = 0;
  int fields_ = 0;
};

// Buffers may overlap in the body, so what they come to has a bound of its own.
Status CheckBatch(FlatbufferReader& reader, FlatbufferReader::Position batch,
                  int64_t message_bytes_max) {
  const auto rows = reader.Number<int64_t>(batch, batch_field::kLength, 0);
  if (rows < 0) {
    return MakeError(ErrorKind::kInvalidInput,
                     "a batch announces " + std::to_string(rows) + " rows");
  }
  if (rows > limits::kBatchRowsMax) {
    return TooLarge("a batch of " + std::to_string(rows) + " rows; the limit is " +
                    std::to_string(limits::kBatchRowsMax) + ", send smaller batches");
  }
  const auto buffers = reader.Child(batch, batch_field::kBuffers);
  const uint32_t count = reader.Length(buffers, kBufferBytes);
  int64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto length = reader.ElementNumber<int64_t>(buffers, i, kBufferBytes, sizeof(int64_t));
    if (length < 0) {
      return MakeError(ErrorKind::kInvalidInput,
                       "buffer " + std::to_string(i) + " of a message has a negative length");
    }
    if (length > message_bytes_max - bytes) {
      return TooLarge("the buffers of a message come to more than " +
                      std::to_string(message_bytes_max) + " bytes; send smaller batches");
    }
    bytes += length;
  }
  return Status::OK();
}

}  // namespace

Result<IpcMessage> ReadIpcMessage(std::span<const uint8_t> metadata, int64_t message_bytes_max) {
  FlatbufferReader reader(metadata);
  HeaderWalk walk(reader);
  const auto root = reader.Root();
  const auto kind = reader.Number<uint8_t>(root, message_field::kHeaderKind, 0);
  const auto header = reader.Child(root, message_field::kHeader);
  IpcMessage message;
  message.body_bytes = reader.Number<int64_t>(root, message_field::kBodyLength, 0);
  ARROW_RETURN_NOT_OK(walk.KeyValues(reader.Child(root, message_field::kMetadata)));
  if (reader.failed() || header == 0) return Broken();
  if (message.body_bytes < 0) {
    return MakeError(ErrorKind::kInvalidInput, "a message announces a body of negative length");
  }
  if (message.body_bytes > message_bytes_max) {
    return TooLarge("a message announces a body of " + std::to_string(message.body_bytes) +
                    " bytes; the limit is " + std::to_string(message_bytes_max) +
                    ", send smaller batches");
  }
  if (kind == kHeaderSchema) {
    message.kind = IpcMessageKind::kSchema;
    ARROW_RETURN_NOT_OK(walk.Schema(header));
  } else if (kind == kHeaderBatch) {
    message.kind = IpcMessageKind::kBatch;
    ARROW_RETURN_NOT_OK(CheckBatch(reader, header, message_bytes_max));
  } else if (kind == kHeaderDictionary) {
    message.kind = IpcMessageKind::kDictionary;
    message.dictionary_id = reader.Number<int64_t>(header, dictionary_field::kId, 0);
    message.is_delta = reader.Number<uint8_t>(header, dictionary_field::kIsDelta, 0) != 0;
    const auto batch = reader.Child(header, dictionary_field::kData);
    ARROW_RETURN_NOT_OK(CheckBatch(reader, batch, message_bytes_max));
  } else {
    return MakeError(ErrorKind::kInvalidInput,
                     "a message of kind " + std::to_string(kind) +
                         ", where a stream has only schema, dictionaries and batches");
  }
  if (reader.failed()) return Broken();
  return message;
}

int64_t UnpackedBytes(std::span<const uint8_t> metadata, std::span<const uint8_t> body) {
  FlatbufferReader reader(metadata);
  const auto root = reader.Root();
  const auto kind = reader.Number<uint8_t>(root, message_field::kHeaderKind, 0);
  auto batch = reader.Child(root, message_field::kHeader);
  if (kind == kHeaderDictionary) batch = reader.Child(batch, dictionary_field::kData);
  if (kind == kHeaderSchema || reader.Child(batch, batch_field::kCompression) == 0) return 0;
  const auto buffers = reader.Child(batch, batch_field::kBuffers);
  const uint32_t count = reader.Length(buffers, kBufferBytes);
  constexpr int64_t kSizeBytes = sizeof(int64_t);
  int64_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto offset = reader.ElementNumber<int64_t>(buffers, i, kBufferBytes, 0);
    const auto length = reader.ElementNumber<int64_t>(buffers, i, kBufferBytes, kSizeBytes);
    const auto body_bytes = static_cast<int64_t>(body.size());
    if (length < kSizeBytes || offset < 0 || offset > body_bytes - kSizeBytes) continue;
    int64_t bytes = 0;
    std::memcpy(&bytes, body.data() + offset, sizeof(bytes));
    // -1 is of a buffer that is not compressed, which is used where it lies.
    if (bytes <= 0) continue;
    if (bytes > std::numeric_limits<int64_t>::max() - sum - kAllocationStep) {
      return std::numeric_limits<int64_t>::max();
    }
    sum += (bytes + kAllocationStep - 1) / kAllocationStep * kAllocationStep;
  }
  return reader.failed() ? 0 : sum;
}

}  // namespace arrowport::stream
