#include "stream/thrift_reader.h"

#include <cstdint>
#include <string>

#include "base/error.h"

namespace arrowport::stream {
namespace {

// No structure of any format that is read here is nested so deep.
constexpr int kDepthMax = 32;

constexpr unsigned kVarintBits = 64;

Status Invalid(const std::string& message) { return MakeError(ErrorKind::kInvalidInput, message); }

int64_t FromZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1U) ^ -static_cast<int64_t>(value & 1U);
}

Result<ThriftType> TypeOf(unsigned number) {
  if (number > static_cast<unsigned>(ThriftType::kUuid)) {
    return Invalid("a value has no type that is known");
  }
  return static_cast<ThriftType>(number);
}

}  // namespace

Result<int64_t> ThriftReader::ReadNumber(ThriftType type) {
  if (type < ThriftType::kInt16 || type > ThriftType::kInt64) {
    return Invalid("a value is no number");
  }
  ARROW_ASSIGN_OR_RAISE(const uint64_t value, Varint());
  return FromZigZag(value);
}

Status ThriftReader::Expect(ThriftType type, ThriftType wanted) {
  return type == wanted ? Status::OK() : Invalid("a value is of another type than it should be");
}

Status ThriftReader::NextField(ThriftField* field) {
  ARROW_ASSIGN_OR_RAISE(const unsigned head, Byte());
  ARROW_ASSIGN_OR_RAISE(field->type, TypeOf(head & 0x0FU));
  if (field->type == ThriftType::kStop) return Status::OK();
  const unsigned distance = head >> 4U;
  if (distance > 0) {
    field->id += static_cast<int>(distance);
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const uint64_t id, Varint());
  field->id = static_cast<int16_t>(FromZigZag(id));
  return Status::OK();
}

Result<uint64_t> ThriftReader::NextList(ThriftType* element) {
  ARROW_ASSIGN_OR_RAISE(const unsigned head, Byte());
  ARROW_ASSIGN_OR_RAISE(*element, TypeOf(head & 0x0FU));
  const unsigned count = head >> 4U;
  constexpr unsigned kLongCount = 15;
  return count < kLongCount ? Result<uint64_t>(count) : Varint();
}

Result<uint8_t> ThriftReader::Byte() {
  if (rest_.empty()) return Invalid("the bytes end within a value");
  const uint8_t byte = rest_.front();
  rest_ = rest_.subspan(1);
  return byte;
}

Result<uint64_t> ThriftReader::Varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < kVarintBits; shift += 7) {
    ARROW_ASSIGN_OR_RAISE(const uint64_t byte, Byte());
    value |= (byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return Invalid("a number is too long");
}

Status ThriftReader::Pass(uint64_t bytes) {
  if (bytes > rest_.size()) return Invalid("the bytes end within a value");
  rest_ = rest_.subspan(bytes);
  return Status::OK();
}

Status ThriftReader::Skip(ThriftType type, int depth) {
  if (depth > kDepthMax) return Invalid("its structures are nested too deep");
  switch (type) {
    case ThriftType::kStop:
      return Invalid("a value has no type");
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return Status::OK();
    case ThriftType::kByte:
      return Pass(1);
    case ThriftType::kInt16:
    case ThriftType::kInt32:
    case ThriftType::kInt64:
      return Varint().status();
    case ThriftType::kDouble:
      return Pass(sizeof(double));
    case ThriftType::kUuid:
      return Pass(16);
    case ThriftType::kBinary: {
      ARROW_ASSIGN_OR_RAISE(const uint64_t bytes, Varint());
      return Pass(bytes);
    }
    case ThriftType::kList:
    case ThriftType::kSet: {
      ThriftType element = ThriftType::kStop;
      ARROW_ASSIGN_OR_RAISE(const uint64_t count, NextList(&element));
      return SkipMany(element, count, depth + 1);
    }
    case ThriftType::kMap:
      return SkipMap(depth + 1);
    case ThriftType::kStruct:
      return ReadStruct([&](const ThriftField& field) { return Skip(field.type, depth + 1); });
  }
  return Status::OK();
}

Status ThriftReader::SkipMany(ThriftType type, uint64_t count, int depth) {
  // Within a collection a truth value takes a byte, so that each element takes one at least.
  const bool is_truth = type == ThriftType::kTrue || type == ThriftType::kFalse;
  for (uint64_t i = 0; i < count; ++i) {
    ARROW_RETURN_NOT_OK(is_truth ? Pass(1) : Skip(type, depth));
  }
  return Status::OK();
}

Status ThriftReader::SkipMap(int depth) {
  ARROW_ASSIGN_OR_RAISE(const uint64_t count, Varint());
  if (count == 0) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const unsigned types, Byte());
  ARROW_ASSIGN_OR_RAISE(const ThriftType key, TypeOf(types >> 4U));
  ARROW_ASSIGN_OR_RAISE(const ThriftType value, TypeOf(types & 0x0FU));
  for (uint64_t i = 0; i < count; ++i) {
    ARROW_RETURN_NOT_OK(SkipMany(key, 1, depth));
    ARROW_RETURN_NOT_OK(SkipMany(value, 1, depth));
  }
  return Status::OK();
}

}  // namespace arrowport::stream
