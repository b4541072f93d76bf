#include "fuzz/protobuf_fields.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/parts.h"

namespace arrowport::fuzz {
namespace {

enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr uint64_t kWireTypeBits = 7;

// How much longer a value may become by one change.
constexpr size_t kMore = 32;

// The bytes of the varint at the beginning of `bytes`; 0 where there is none.
size_t VarintBytes(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    if ((static_cast<uint8_t>(bytes[i]) & 0x80U) == 0) return i + 1;
  }
  return 0;
}

std::optional<uint64_t> TakeVarint(std::string_view& bytes) {
  const size_t size = VarintBytes(bytes);
  if (size == 0) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= (static_cast<uint64_t>(bytes[i]) & 0x7FU) << (7 * i);
  }
  bytes.remove_prefix(size);
  return value;
}

void AppendVarint(std::string* bytes, uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) bytes->push_back(static_cast<char>(value | 0x80U));
  bytes->push_back(static_cast<char>(value));
}

std::optional<size_t> SizeOfValue(uint64_t tag, std::string_view& rest) {
  switch (tag & kWireTypeBits) {
    case kVarint:
      return VarintBytes(rest);
    case kFixed64:
      return 8;
    case kFixed32:
      return 4;
    case kBytes:
      return TakeVarint(rest);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::vector<Field>> ReadFields(std::string_view message) {
  std::vector<Field> fields;
  while (!message.empty()) {
    const auto tag = TakeVarint(message);
    if (!tag || *tag >> 3U == 0) return std::nullopt;
    const auto size = SizeOfValue(*tag, message);
    const bool is_there = size && *size <= message.size();
    if (!is_there || (*size == 0 && (*tag & kWireTypeBits) != kBytes)) return std::nullopt;
    fields.push_back({.tag = *tag, .value = std::string(message.substr(0, *size))});
    message.remove_prefix(*size);
  }
  return fields;
}

std::string WriteFields(const std::vector<Field>& fields) {
  std::string message;
  for (const Field& field : fields) {
    AppendVarint(&message, field.tag);
    if ((field.tag & kWireTypeBits) == kBytes) AppendVarint(&message, field.value.size());
    message += field.value;
  }
  return message;
}

std::string WriteField(uint32_t number, std::string_view bytes) {
  return WriteFields({{.tag = uint64_t{number} << 3U | kBytes, .value = std::string(bytes)}});
}

void MutateMessage(std::string* message, unsigned seed) {
  std::minstd_rand random(seed);
  auto fields = ReadFields(*message);
  if (!fields || fields->empty()) return MutateBytes(message, kMore);
  const size_t place = random() % fields->size();
  Field& field = (*fields)[place];
  switch (random() % 12) {
    case 0:
      fields->erase(fields->begin() + static_cast<std::ptrdiff_t>(place));
      break;
    case 1:
      fields->push_back(Field(field));
      break;
    case 2:
      field.tag = (random() % 8 + 1) << 3U | (field.tag & kWireTypeBits);
      break;
    default:
      if ((field.tag & kWireTypeBits) == kBytes && random() % 3 != 0) {
        MutateMessage(&field.value, static_cast<unsigned>(random()));
      } else {
        MutateBytes(&field.value, kMore);
      }
  }
  *message = WriteFields(*fields);
}

}  // namespace arrowport::fuzz
