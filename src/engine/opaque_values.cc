#include "engine/opaque_values.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <arrow/extension/opaque.h>
#include <arrow/extension_type.h>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using arrow::Type;

uint8_t ByteAt(std::string_view bytes, size_t place) { return static_cast<uint8_t>(bytes[place]); }

// How many bits of the next byte are of no use, those bits, which are set, and the others.
bool IsBit(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const unsigned unused = ByteAt(bytes, 0);
  if (unused > 7) return false;
  const unsigned mask = 0xFFU & ~(0xFFU >> unused);
  return (ByteAt(bytes, 1) & mask) == mask;
}

// Three bytes of sign and size, and so many bytes, the highest first and not zero; all inverted in
// a negative one.
bool IsBignum(std::string_view bytes) {
  constexpr size_t kHeader = 3;
  if (bytes.size() <= kHeader) return false;
  const bool is_negative = (ByteAt(bytes, 0) & 0x80U) == 0;
  const unsigned flip = is_negative ? 0xFFU : 0;
  const size_t size = ((ByteAt(bytes, 0) ^ flip) & 0x7FU) << 16U | (ByteAt(bytes, 1) ^ flip) << 8U |
                      (ByteAt(bytes, 2) ^ flip);
  const bool begins_with_zero = (ByteAt(bytes, kHeader) ^ flip) == 0;
  const bool is_zero = bytes.size() == kHeader + 1 && begins_with_zero;
  return size == bytes.size() - kHeader && (begins_with_zero ? is_zero && !is_negative : true);
}

// Microseconds since midnight over 24 bits, of which some count seconds from the most eastern
// offset.
bool IsTimeWithZone(std::string_view bytes) {
  constexpr uint64_t kOffsetBits = 24;
  constexpr uint64_t kOffsetMax = 2 * (16 * 60 * 60 - 1);
  constexpr uint64_t kMicrosecondsPerDay = 86'400'000'000;
  uint64_t value = 0;
  if (bytes.size() != sizeof(value)) return false;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value >> kOffsetBits <= kMicrosecondsPerDay &&
         (value & ((1U << kOffsetBits) - 1)) <= kOffsetMax;
}

bool IsValue(std::string_view type, std::string_view bytes) {
  if (type == "bit") return IsBit(bytes);
  if (type == "bignum") return IsBignum(bytes);
  return type != "time_tz" || IsTimeWithZone(bytes);
}

std::string_view BytesAt(const arrow::Array& storage, int64_t index) {
  switch (storage.type_id()) {
    case Type::BINARY:
      return static_cast<const arrow::BinaryArray&>(storage).GetView(index);
    case Type::LARGE_BINARY:
      return static_cast<const arrow::LargeBinaryArray&>(storage).GetView(index);
    case Type::BINARY_VIEW:
      return static_cast<const arrow::BinaryViewArray&>(storage).GetView(index);
    case Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryArray&>(storage).GetView(index);
    default:
      return {};
  }
}

const arrow::extension::OpaqueType* OpaqueOf(const arrow::DataType& type) {
  const auto& extension = static_cast<const arrow::ExtensionType&>(type);
  if (extension.extension_name() != "arrow.opaque") return nullptr;
  return static_cast<const arrow::extension::OpaqueType*>(&extension);
}

}  // namespace

// DuckDB reads as many bytes as it would have sent, however many there are.
bool IsDuckDbsOwn(const arrow::DataType& type) {
  const auto* opaque = OpaqueOf(type);
  if (opaque == nullptr || opaque->vendor_name() != "DuckDB") return false;
  const std::string_view name = opaque->type_name();
  const arrow::DataType& storage = *opaque->storage_type();
  if (name == "bit" || name == "bignum") {
    return storage.id() == Type::BINARY || storage.id() == Type::LARGE_BINARY ||
           storage.id() == Type::BINARY_VIEW;
  }
  if (storage.id() != Type::FIXED_SIZE_BINARY) return false;
  const int width = static_cast<const arrow::FixedSizeBinaryType&>(storage).byte_width();
  if (name == "hugeint" || name == "uhugeint") return width == 16;
  return name == "time_tz" && width == 8;
}

Status CheckDuckDbsOwn(const arrow::ExtensionArray& values) {
  const auto* opaque = OpaqueOf(*values.type());
  const auto& storage = *values.storage();
  for (int64_t i = 0; i < storage.length(); ++i) {
    if (storage.IsNull(i) || IsValue(opaque->type_name(), BytesAt(storage, i))) continue;
    return MakeError(ErrorKind::kInvalidInput, "value " + std::to_string(i) +
                                                   " is none of DuckDB's type " +
                                                   std::string(opaque->type_name()) +
                                                   "; send the bytes that DuckDB has sent");
  }
  return Status::OK();
}

}  // namespace arrowport::engine
