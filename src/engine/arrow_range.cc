#include "engine/arrow_range.h"

#include <cstdint>
#include <limits>
#include <string>

#include <duckdb/common/type_visitor.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using Format = duckdb::RecursiveUnifiedVectorFormat;

void CheckUnsigned(const duckdb::uhugeint_t& value) {
  if (value.upper <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return;
  throw duckdb::OutOfRangeException("the UHUGEINT " + value.ToString() +
                                    " is 2^127 or more, for which Arrow's decimals have no room; "
                                    "cast the column to VARCHAR");
}

void CheckInterval(const duckdb::interval_t& value) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max() / duckdb::Interval::NANOS_PER_MICRO;
  if (value.micros <= kMax && value.micros >= -kMax) return;
  throw duckdb::OutOfRangeException(
      "the INTERVAL of " + std::to_string(value.micros) +
      " microseconds is over 292 years of time, for which Arrow's nanoseconds have no room; cast "
      "the column to VARCHAR, or use days and months");
}

void CheckRow(const Format& format, const LogicalType& type, idx_t row);

void CheckList(const Format& format, const LogicalType& type, idx_t index) {
  const auto& item = duckdb::ListType::GetChildType(type);
  const auto& entry =
      duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format.unified)[index];
  for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    CheckRow(format.children[0], item, i);
  }
}

void CheckRow(const Format& format, const LogicalType& type, idx_t row) {
  const idx_t index = format.unified.sel->get_index(row);
  if (!format.unified.validity.RowIsValid(index)) return;
  switch (type.id()) {
    case LogicalTypeId::UHUGEINT:
      CheckUnsigned(
          duckdb::UnifiedVectorFormat::GetData<duckdb::uhugeint_t>(format.unified)[index]);
      break;
    case LogicalTypeId::INTERVAL:
      CheckInterval(
          duckdb::UnifiedVectorFormat::GetData<duckdb::interval_t>(format.unified)[index]);
      break;
    case LogicalTypeId::LIST:
    case LogicalTypeId::MAP:
      CheckList(format, type, index);
      break;
    case LogicalTypeId::ARRAY: {
      const idx_t size = duckdb::ArrayType::GetSize(type);
      for (idx_t i = index * size; i < (index + 1) * size; ++i) {
        CheckRow(format.children[0], duckdb::ArrayType::GetChildType(type), i);
      }
      break;
    }
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::UNION: {
      const auto& children = duckdb::StructType::GetChildTypes(type);
      for (idx_t i = 0; i < children.size(); ++i) {
        CheckRow(format.children[i], children[i].second, index);
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace

bool CanLeaveArrowRange(const LogicalType& type) {
  return duckdb::TypeVisitor::Contains(type, [](const LogicalType& part) {
    return part.id() == LogicalTypeId::UHUGEINT || part.id() == LogicalTypeId::INTERVAL;
  });
}

void CheckArrowRange(duckdb::Vector& vector, idx_t from, idx_t to, idx_t size) {
  Format format;
  // A copy is flat, whatever the layout of what is nested.
  duckdb::Vector copy(vector.GetType(), vector.GetType().IsNested() ? size : 0);
  if (vector.GetType().IsNested()) {
    duckdb::VectorOperations::Copy(vector, copy, size, 0, 0);
    duckdb::Vector::RecursiveToUnifiedFormat(copy, size, format);
  } else {
    vector.ToUnifiedFormat(size, format.unified);
  }
  for (idx_t row = from; row < to; ++row) CheckRow(format, vector.GetType(), row);
}

}  // namespace arrowport::engine
