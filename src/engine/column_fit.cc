#include "engine/column_fit.h"

#include <optional>
#include <string>

#include <duckdb/common/string_util.hpp>
#include <duckdb/function/cast_rules.hpp>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

bool ChangesNoValue(const LogicalType& from, const LogicalType& to) {
  if (from.IsIntegral() && to.IsIntegral()) return true;
  if (from.id() == LogicalTypeId::VARCHAR) {
    return to.id() == LogicalTypeId::UUID || to.id() == LogicalTypeId::ENUM || to.IsJSONType();
  }
  const auto coarse = FinenessOf(from);
  const auto fine = FinenessOf(to);
  return coarse && fine && *coarse <= *fine;
}

}  // namespace

std::optional<int> FinenessOf(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TIMESTAMP_SEC:
      return 0;
    case LogicalTypeId::TIMESTAMP_MS:
      return 1;
    case LogicalTypeId::TIMESTAMP:
      return 2;
    case LogicalTypeId::TIMESTAMP_NS:
      return 3;
    default:
      return std::nullopt;
  }
}

std::optional<idx_t> IndexOf(const ColumnList& columns, const std::string& name) {
  for (idx_t i = 0; i < columns.names.size(); ++i) {
    if (duckdb::StringUtil::CIEquals(columns.names[i], name)) return i;
  }
  return std::nullopt;
}

bool AlwaysCasts(const LogicalType& from, const LogicalType& to) {
  return duckdb::CastRules::ImplicitCast(from, to) >= 0;
}

bool CastsWithoutLoss(const LogicalType& from, const LogicalType& to) {
  return AlwaysCasts(from, to) || ChangesNoValue(from, to);
}

Status CheckFit(const ColumnList& sent, const ColumnList& kept) {
  std::string misfits;
  const auto add = [&misfits](const std::string& misfit) {
    misfits += (misfits.empty() ? "" : "; ") + misfit;
  };
  for (idx_t i = 0; i < sent.names.size(); ++i) {
    const auto index = IndexOf(kept, sent.names[i]);
    if (!index) {
      add("there is no column '" + sent.names[i] + "'");
    } else if (!CastsWithoutLoss(sent.types[i], kept.types[*index])) {
      add("column '" + sent.names[i] + "' is " + kept.types[*index].ToString() +
          ", and what is sent is " + sent.types[i].ToString() + ": cast it before sending");
    }
  }
  return misfits.empty() ? Status::OK() : MakeError(ErrorKind::kConflict, misfits);
}

}  // namespace arrowport::engine
