#pragma once

#include <concepts>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include <duckdb.hpp>

#include "base/error.h"

namespace arrowport::engine {

/// What DuckDB calls an error, as a status with our kind: the one place where the two meet. Of a
/// fault of DuckDB's own the stack goes to the log, and no further.
Status FromDuckDb(const duckdb::ErrorData& error);

/// What DuckDB says without the parts that are for who works on DuckDB: where in its source and on
/// its stack that was.
std::string WithoutTrace(std::string message);

/// Whether `status` is of a commit that could not be written to the database file `path` or its
/// log, or not be synced; but for want of room, of which DuckDB leaves no trace.
bool IsFailedWrite(const Status& status, const std::string& path);

/// Runs `sql`, whose result nobody needs, to its end.
Status RunSql(duckdb::Connection& connection, const std::string& sql);

/// Runs `work`, which may call DuckDB, and turns whatever it throws into a status. `work` returns a
/// Status or a Result.
template <std::invocable Work>
std::invoke_result_t<Work> Guarded(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::exception& error) {
    return FromDuckDb(duckdb::ErrorData(error));
  } catch (...) {
    return MakeError(ErrorKind::kInternal, "the engine failed for an unknown reason");
  }
}

}  // namespace arrowport::engine
