#include "flight/flight_messages.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/transport.h>
#include <arrow/flight/types.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/error.h"

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

}  // namespace

Status BrokenMessage(const std::string& name) {
  return MakeError(ErrorKind::kInvalidInput, "the bytes of a " + name + " are broken");
}

Result<arrow::flight::internal::FlightData> ReadFlightData(
    const std::shared_ptr<arrow::Buffer>& message) {
  arrow::flight::internal::FlightData data;
  data.body = std::make_shared<arrow::Buffer>(nullptr, 0);
  Fields fields{std::string_view(*message)};
  while (fields.Next()) {
    if (!fields.Skip()) return BrokenMessage("FlightData");
    const std::string_view bytes = fields.bytes();
    auto part = arrow::SliceBuffer(message, static_cast<int64_t>(fields.begin()),
                                   static_cast<int64_t>(bytes.size()));
    if (fields.number() == kDescriptor) {
      auto descriptor = arrow::flight::FlightDescriptor::Deserialize(bytes);
      if (!descriptor.ok()) return BrokenMessage("FlightDescriptor");
      data.descriptor = std::make_unique<arrow::flight::FlightDescriptor>(*std::move(descriptor));
    }
    if (fields.number() == kDataHeader) data.metadata = part;
    if (fields.number() == kAppMetadata) data.app_metadata = part;
    if (fields.number() == kDataBody) data.body = part;
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

}  // namespace arrowport::flight
