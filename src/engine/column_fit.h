#pragma once

#include <optional>
#include <string>

#include <duckdb.hpp>

#include "base/error.h"

namespace arrowport::engine {

/// Columns by name and type, in DuckDB's words.
struct ColumnList {
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
};

/// Where the column `name` stands, in whatever case.
std::optional<idx_t> IndexOf(const ColumnList& columns, const std::string& name);

/// How fine the unit of a timestamp without time zone is, in powers of a thousand below the second;
/// nothing for other types.
std::optional<int> FinenessOf(const duckdb::LogicalType& type);

/// Whether DuckDB casts every value of `from` to a `to` by itself.
bool AlwaysCasts(const duckdb::LogicalType& from, const duckdb::LogicalType& to);

/// Whether a cast of `from` to `to` either keeps a value or fails.
bool CastsWithoutLoss(const duckdb::LogicalType& from, const duckdb::LogicalType& to);

/// Whether rows with the columns `sent` may be put into a table with the columns `kept`, by name.
///
/// A column that is not sent is NULL or its default. One that is sent must be there, and of a type
/// that DuckDB casts to by itself, or one whose cast changes no value: between integers, from
/// coarser to finer timestamps, from text to what has only text for a form. A value that such a
/// cast has no room for still fails the put when it comes.
///
/// \return kConflict with each column that does not fit, and why.
Status CheckFit(const ColumnList& sent, const ColumnList& kept);

}  // namespace arrowport::engine
