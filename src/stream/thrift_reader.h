#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"

namespace arrowport::stream {

/// The types of Thrift's compact protocol, by their numbers there.
enum class ThriftType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
  kUuid = 13,
};

struct ThriftField {
  int id = 0;
  ThriftType type = ThriftType::kStop;
};

/// Walks through bytes in Thrift's compact protocol, staying inside of them and building nothing:
/// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
/// All is kInvalidInput that cannot be read.
class ThriftReader {
 public:
  explicit ThriftReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  /// Calls `visit` with each field, whose value it must read or skip.
  template <typename Visit>
  Status ReadStruct(Visit visit) {
    ThriftField field;
    for (;;) {
      ARROW_RETURN_NOT_OK(NextField(&field));
      if (field.type == ThriftType::kStop) return Status::OK();
      ARROW_RETURN_NOT_OK(visit(field));
    }
  }

  /// The same for a value that should be one, of `type`.
  template <typename Visit>
  Status ReadStruct(ThriftType type, Visit visit) {
    ARROW_RETURN_NOT_OK(Expect(type, ThriftType::kStruct));
    return ReadStruct(visit);
  }

  /// Calls `visit` with the type of each element, which it must read or skip.
  template <typename Visit>
  Status ReadList(ThriftType type, Visit visit) {
    ARROW_RETURN_NOT_OK(Expect(type, ThriftType::kList));
    ThriftType element = ThriftType::kStop;
    ARROW_ASSIGN_OR_RAISE(const uint64_t count, NextList(&element));
    for (uint64_t i = 0; i < count; ++i) ARROW_RETURN_NOT_OK(visit(element));
    return Status::OK();
  }

  /// A whole number of `type`.
  Result<int64_t> ReadNumber(ThriftType type);

  /// Passes over a value of `type`.
  Status Skip(ThriftType type) { return Skip(type, 0); }

 private:
  static Status Expect(ThriftType type, ThriftType wanted);
  Status NextField(ThriftField* field);
  Result<uint64_t> NextList(ThriftType* element);
  Result<uint8_t> Byte();
  Result<uint64_t> Varint();
  Status Pass(uint64_t bytes);
  Status Skip(ThriftType type, int depth);
  Status SkipMany(ThriftType type, uint64_t count, int depth);
  Status SkipMap(int depth);

  std::span<const uint8_t> rest_;
};

}  // namespace arrowport::stream
