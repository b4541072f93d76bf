#include "flight/flight_data.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/types.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/error.h"
#include "flight/flight_wire.pb.h"
#include "rpc/stream.h"
#include "stream/message_encoder.h"

namespace arrowport::flight {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Of FlightData.
constexpr int kDescriptor = 1;
constexpr int kDataHeader = 2;
constexpr int kAppMetadata = 3;
constexpr int kDataBody = 1000;

/// The fields of a message, one after the other.
class Fields {
 public:
  explicit Fields(std::string_view message)
      : message_(message),
        input_(reinterpret_cast<const uint8_t*>(message.data()), static_cast<int>(message.size())) {
  }

  /// Goes to the next field that has bytes. \return false at the end, and where the bytes are none.
  bool Next() {
    for (;;) {
      const uint32_t tag = input_.ReadTag();
      if (tag == 0) return false;
      number_ = WireFormatLite::GetTagFieldNumber(tag);
      if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        if (!WireFormatLite::SkipField(&input_, tag)) return false;
        continue;
      }
      uint32_t size = 0;
      if (!input_.ReadVarint32(&size)) return false;
      begin_ = static_cast<size_t>(input_.CurrentPosition());
      size_ = size;
      return true;
    }
  }

  /// Goes behind the bytes of the field. \return whether they are all there.
  bool Skip() { return size_ <= message_.size() - begin_ && input_.Skip(static_cast<int>(size_)); }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] size_t begin() const { return begin_; }
  [[nodiscard]] std::string_view bytes() const { return message_.substr(begin_, size_); }
  [[nodiscard]] bool is_at_end() { return input_.ConsumedEntireMessage(); }

 private:
  const std::string_view message_;
  CodedInputStream input_;
  int number_ = 0;
  size_t begin_ = 0;
  size_t size_ = 0;
};

// Before a field of so many bytes.
void AppendTag(int number, int64_t size, std::string& message) {
  constexpr uint32_t kSevenBits = 0x7F;
  const auto append = [&message](uint64_t value) {
    for (; value > kSevenBits; value >>= 7U) {
      message += static_cast<char>((value & kSevenBits) | (kSevenBits + 1));
    }
    message += static_cast<char>(value);
  };
  append(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  append(static_cast<uint64_t>(size));
}

}  // namespace

Status BrokenMessage(const std::string& name) {
  return MakeError(ErrorKind::kInvalidInput, "the bytes of a " + name + " are broken");
}

Result<FlightData> ReadFlightData(const std::shared_ptr<arrow::Buffer>& message) {
  FlightData data;
  Fields fields{std::string_view(*message)};
  while (fields.Next()) {
    if (!fields.Skip()) return BrokenMessage("FlightData");
    const std::string_view bytes = fields.bytes();
    auto part = arrow::SliceBuffer(message, static_cast<int64_t>(fields.begin()),
                                   static_cast<int64_t>(bytes.size()));
    if (fields.number() == kDescriptor) {
      auto descriptor = arrow::flight::FlightDescriptor::Deserialize(bytes);
      if (!descriptor.ok()) return BrokenMessage("FlightDescriptor");
      data.descriptor = *std::move(descriptor);
    }
    if (fields.number() == kDataHeader && !bytes.empty()) data.header = std::move(part);
    if (fields.number() == kAppMetadata) data.app_metadata = std::move(part);
    if (fields.number() == kDataBody && !bytes.empty()) data.body = std::move(part);
  }
  if (!fields.is_at_end()) return BrokenMessage("FlightData");
  return data;
}

size_t FindBody(std::string_view beginning) {
  Fields fields(beginning);
  while (fields.Next()) {
    if (fields.number() == kDataBody) return fields.begin();
    if (!fields.Skip()) return 0;
  }
  return 0;
}

rpc::Message WriteFlightData(stream::EncodedMessage message) {
  std::string beginning;
  AppendTag(kDataHeader, message.header->size(), beginning);
  beginning += std::string_view(*message.header);
  AppendTag(kDataBody, message.body_bytes, beginning);
  rpc::Message pieces;
  pieces.reserve(message.body.size() + 1);
  pieces.push_back(arrow::Buffer::FromString(std::move(beginning)));
  for (auto& buffer : message.body) pieces.push_back(std::move(buffer));
  return pieces;
}

std::shared_ptr<arrow::Buffer> WritePutResult(std::string metadata) {
  wire::PutResult result;
  result.set_app_metadata(std::move(metadata));
  return WriteWire(result);
}

}  // namespace arrowport::flight
