#pragma once

#include <cstdint>
#include <string>

#include "cli/figures.h"

namespace arrowport::cli {

// Who takes part, where the report compares them: the way in, and the language of the client.
inline constexpr const char* kReferenceCpp = "DuckDB C++";
inline constexpr const char* kReferencePython = "DuckDB Py";
inline constexpr const char* kHttpCpp = "HTTP C++";
inline constexpr const char* kFlightCpp = "Flight C++";
inline constexpr const char* kKeptPutCpp = "Flight C++, kept put";
inline constexpr const char* kHttpPython = "HTTP Py";
inline constexpr const char* kFlightPython = "Flight Py";
inline constexpr const char* kStreamingPeer = "py-stream C++";
inline constexpr const char* kTablePeer = "py-table C++";
inline constexpr const char* kQuackPeer = "quack Py";
inline constexpr const char* kGizmoSqlPeer = "GizmoSQL Py";
inline constexpr const char* kPostgreSqlPeer = "PostgreSQL Py";

// What they do.
inline constexpr const char* kReadAll = "read all";
inline constexpr const char* kReadNumbers = "read 3 columns";
inline constexpr const char* kReadWide = "read wide strings";
inline constexpr const char* kReadEndpoints = "read in parallel";
inline constexpr const char* kReadCompressed = "read compressed";
inline constexpr const char* kWriteAll = "write all";

/// "point, 8 clients"
inline std::string PointWorkName(int clients) {
  return "point, " + std::to_string(clients) + (clients == 1 ? " client" : " clients");
}

/// "put 1000": one client
inline std::string PutWorkName(int64_t rows) { return "put " + std::to_string(rows); }

/// "puts of 1,000 rows, ": all works of PutLoadName with so many rows begin with it
inline std::string PutLoadPrefix(int64_t rows) { return "puts of " + Plural(rows, "row") + ", "; }

/// "puts of 1,000 rows, 16 clients": at the same time, into one table
inline std::string PutLoadName(int64_t rows, int clients) {
  return PutLoadPrefix(rows) + Plural(clients, "client");
}

}  // namespace arrowport::cli
