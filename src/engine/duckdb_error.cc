#include "engine/duckdb_error.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "observe/log.h"

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

bool IsWantOfRoom(std::string_view message) {
  return Contains(message, "No space left") || Contains(message, "Disk quota exceeded");
}

ErrorKind KindOfIoError(std::string_view message) {
  if (Contains(message, "Could not set lock")) return ErrorKind::kUnavailable;
  if (Contains(message, "No files found") || Contains(message, "No such file")) {
    return ErrorKind::kNotFound;
  }
  return IsWantOfRoom(message) ? ErrorKind::kStorageFull : ErrorKind::kInvalidInput;
}

bool IsWriteOrSync(std::string_view message) {
  constexpr std::array<std::string_view, 4> kSigns = {"Could not write", "Could not fsync",
                                                      "Could not truncate", "fsync failed"};
  return std::ranges::any_of(kSigns,
                             [message](std::string_view sign) { return Contains(message, sign); });
}

// A commit that cannot be written is rolled back, and may do well later.
ErrorKind KindOfTransactionError(std::string_view message) {
  if (IsWantOfRoom(message)) return ErrorKind::kStorageFull;
  if (Contains(message, "failed to pin block of size")) return ErrorKind::kOutOfMemory;
  return IsWriteOrSync(message) ? ErrorKind::kUnavailable : ErrorKind::kConflict;
}

// Of the C++ library about its own containers, pointers and threads.
bool IsOfLibrary(std::string_view message) {
  constexpr std::array<std::string_view, 5> kSigns = {"std::", "::_M_", "::at", "basic_string",
                                                      "bad_"};
  return std::ranges::any_of(kSigns,
                             [message](std::string_view sign) { return Contains(message, sign); });
}

// Whatever is thrown that is no exception of DuckDB: nearly all of it by the libraries with which
// it reads Parquet files, whose errors are about the file.
ErrorKind KindOfForeignError(std::string_view message) {
  if (Contains(message, "Resource temporarily unavailable")) return ErrorKind::kUnavailable;
  return IsOfLibrary(message) ? ErrorKind::kInternal : ErrorKind::kInvalidInput;
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
      return KindOfForeignError(message);
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
  if (error.Type() == ExceptionType::INTERNAL) {
    observe::Log(observe::LogLevel::kError, "DuckDB has failed by a fault of its own",
                 {{"error", error.Message()}});
  }
  return MakeError(KindOf(error.Type(), error.RawMessage()), WithoutTrace(error.Message()));
}

std::string WithoutTrace(std::string message) {
  // Each begins what goes to the end.
  constexpr std::array<std::string_view, 2> kBeginnings = {
      "\nThis error signals an assertion failure", "\n\nStack Trace:"};
  for (const std::string_view beginning : kBeginnings) {
    message.resize(std::min(message.find(beginning), message.size()));
  }
  constexpr std::string_view kFile = " in file \"";
  constexpr std::string_view kLine = "\" on line ";
  const size_t file = message.find(kFile);
  const size_t line = file == message.npos ? file : message.find(kLine, file);
  if (line == message.npos) return message;
  const size_t end = message.find_first_not_of("0123456789", line + kLine.size());
  return message.erase(file, std::min(end, message.size()) - file);
}

bool IsFailedWrite(const Status& status, const std::string& path) {
  const std::string& message = status.message();
  if (status.ok() || !IsWriteOrSync(message) || IsWantOfRoom(message)) return false;
  // The kernel's answer to a limit of the process, which leaves the file as it was.
  if (Contains(message, "File too large")) return false;
  return Contains(message, "fsync failed") || Contains(message, '"' + path + '"') ||
         Contains(message, '"' + path + ".wal");
}

Status RunSql(duckdb::Connection& connection, const std::string& sql) {
  return Guarded([&] {
    auto result = connection.Query(sql);
    return result->HasError() ? FromDuckDb(result->GetErrorObject()) : Status::OK();
  });
}

}  // namespace arrowport::engine
