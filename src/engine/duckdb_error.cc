#include "engine/duckdb_error.h"

#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using duckdb::ExceptionType;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// DuckDB has one exception type for "is not there" and "is there already".
ErrorKind KindOfCatalogError(std::string_view message) {
  return Contains(message, "already exists") || Contains(message, "write-write conflict")
             ? ErrorKind::kConflict
             : ErrorKind::kNotFound;
}

ErrorKind KindOfIoError(std::string_view message) {
  if (Contains(message, "Could not set lock")) return ErrorKind::kUnavailable;
  if (Contains(message, "No files found") || Contains(message, "No such file")) {
    return ErrorKind::kNotFound;
  }
  return Contains(message, "No space left") ? ErrorKind::kUnavailable : ErrorKind::kInvalidInput;
}

// A commit that cannot be written is rolled back, and may do well later.
ErrorKind KindOfTransactionError(std::string_view message) {
  return Contains(message, "Could not write") ? ErrorKind::kUnavailable : ErrorKind::kConflict;
}

ErrorKind KindOf(ExceptionType type, std::string_view message) {
  switch (type) {
    case ExceptionType::CATALOG:
      return KindOfCatalogError(message);
    case ExceptionType::IO:
      return KindOfIoError(message);
    case ExceptionType::TRANSACTION:
      return KindOfTransactionError(message);
    case ExceptionType::CONSTRAINT:
    case ExceptionType::DEPENDENCY:
      return ErrorKind::kConflict;
    case ExceptionType::INTERRUPT:
      return ErrorKind::kCancelled;
    case ExceptionType::OUT_OF_MEMORY:
      return ErrorKind::kOutOfMemory;
    case ExceptionType::PERMISSION:
      return ErrorKind::kForbidden;
    case ExceptionType::NOT_IMPLEMENTED:
      return ErrorKind::kNotImplemented;
    case ExceptionType::FATAL:
      return ErrorKind::kUnavailable;
    case ExceptionType::INVALID:
    case ExceptionType::INTERNAL:
    case ExceptionType::NULL_POINTER:
    case ExceptionType::SCHEDULER:
    case ExceptionType::CONNECTION:
      return ErrorKind::kInternal;
    default:
      // The rest is about the text or the values of the statement.
      return ErrorKind::kInvalidInput;
  }
}

}  // namespace

Status FromDuckDb(const duckdb::ErrorData& error) {
  if (error.Type() == ExceptionType::INVALID && Contains(error.RawMessage(), "bad_alloc")) {
    return MakeError(ErrorKind::kOutOfMemory, "the process has no memory left");
  }
  if (Contains(error.RawMessage(), "number of external threads")) {
    return MakeError(ErrorKind::kInvalidInput,
                     "the server's own threads are as many as its option 'threads' says, and there "
                     "cannot be fewer; start it with a lower number");
  }
  return MakeError(KindOf(error.Type(), error.RawMessage()), error.Message());
}

Status RunSql(duckdb::Connection& connection, const std::string& sql) {
  return Guarded([&] {
    auto result = connection.Query(sql);
    return result->HasError() ? FromDuckDb(result->GetErrorObject()) : Status::OK();
  });
}

}  // namespace arrowport::engine
