#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/flight/types.h>

#include "base/error.h"
#include "service/service.h"

namespace arrowport::flight {

/// A put, without its schema, and when what is sent is committed.
struct PutCommand : service::PutRequest {
  /// Unset: all of it at its end. Otherwise whenever so many rows have come; 0: every batch.
  std::optional<int64_t> commit_rows;
};

/// What the descriptor of a put says. It names the stream: a path, joined with '.'; a command that
/// is the plain name; or the JSON command {"stream_name": "…"}, which may have the "producer",
/// "sequence" and "epoch" of the put, and "commit": "batch" or a number of rows. A producer without
/// a sequence has one with each batch, and those are committed one by one. The part of an ingest
/// has its "ingest" and "part". Other keys are left alone, as old clients send some.
/// \return kInvalidInput that says which forms there are, or names the key.
Result<PutCommand> ReadPut(const arrow::flight::FlightDescriptor& descriptor);

/// What the metadata of a batch, or a message without a batch, says to a put that is committed in
/// parts. Metadata that is no JSON object says nothing.
struct PutNote {
  std::optional<int64_t> sequence;  ///< Of the batch: {"sequence": 7}.
  bool commit = false;              ///< What has come until here: {"commit": true}.
};

/// \return kInvalidInput that names the key which has the wrong type.
Result<PutNote> ReadPutNote(std::string_view metadata);

/// What a ticket or the descriptor of a GetFlightInfo asks for: a table, or else a statement.
struct ReadRequest {
  std::string table;  ///< Empty: the statement.
  engine::Statement statement;
  engine::QueryOptions options;
  int endpoints = 0;    ///< At most so many for the result; 0: one per core.
  bool retain = false;  ///< Of a descriptor: its tickets can be used again.
  std::optional<std::chrono::milliseconds> timeout;
};

/// Reads SQL, {"sql": …, "params": […], "ordered": …, "endpoints": …, "retain": …,
/// "timeout_ms": …} or {"table": …}. No SQL begins with a brace, so one cannot be taken for the
/// other.
/// \return kInvalidInput that names the key which is unknown or has the wrong type.
Result<ReadRequest> ReadTicket(std::string_view ticket);

/// Reads a path as a table, and a command as ReadTicket does.
Result<ReadRequest> ReadDescriptor(const arrow::flight::FlightDescriptor& descriptor);

/// What the descriptor of a DoExchange asks for.
struct ExchangeRequest {
  std::string exchanger;  ///< Its name, empty for none. With a statement: if there is one of it.
  engine::Statement statement;
  engine::ExchangeOptions options;
  std::optional<std::chrono::milliseconds> timeout;
};

/// Reads a command: SQL, {"sql": …, "as": "input", "params": […], "ordered": …, "timeout_ms": …},
/// {"exchanger": name} with all of these but "sql" and "as", or a bare name. One word may be SQL as
/// well; then the request has it as both. A path of one name is such a name, too.
Result<ExchangeRequest> ReadExchange(const arrow::flight::FlightDescriptor& descriptor);

/// The ticket for all rows of a table.
std::string TicketOfTable(std::string_view table);

}  // namespace arrowport::flight
