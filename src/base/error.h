#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

namespace arrowport {

using arrow::Result;
using arrow::Status;

/// What went wrong, in the words that every door shares. The caller of any verb can rely on the
/// kind; the message is for people.
enum class ErrorKind {
  kInvalidInput,      ///< The request itself is wrong: bad SQL, a broken batch, an unknown option.
  kUnauthenticated,   ///< Nobody knows who is calling.
  kForbidden,         ///< The caller is known and may not do this.
  kNotFound,          ///< No such table, stream, route or ticket.
  kMethodNotAllowed,  ///< The route exists, but not with this method.
  kNotAcceptable,     ///< None of the formats that the caller accepts can be made.
  kConflict,          ///< The request does not fit what is stored, or lost a race with another one.
  kPreconditionFailed,   ///< What the caller has seen is not what is there now.
  kTooLarge,             ///< A body, header or value is over its limit.
  kUnsupportedMedia,     ///< The body is of a format or type that has no mapping.
  kRangeNotSatisfiable,  ///< The part that was asked for is behind the end.
  kUnprocessable,        ///< The request contradicts what it is to repeat.
  kRequestTimeout,       ///< The client was too slow in sending its request.
  kOverloaded,           ///< A budget is used up; the same call may succeed later.
  kUnavailable,          ///< The server is starting, draining or has lost its storage.
  kDeadlineExceeded,     ///< The call's own deadline passed.
  kCancelled,            ///< The caller cancelled, or went away.
  kNotImplemented,       ///< A known thing that this server does not do.
  kOutOfMemory,          ///< The statement needs more memory than the server may use.
  kInternal,             ///< A fault of ours.
  kStorageFull,          ///< The server's disk has no room for more rows.
};

/// Flight's status codes, by their names in Flight RPC; the flight door turns them into its
/// library's.
enum class FlightCode {
  kInvalidArgument,
  kUnauthenticated,
  kUnauthorized,
  kNotFound,
  kAlreadyExists,
  kTimedOut,
  kCancelled,
  kUnimplemented,
  kUnavailable,
  kInternal,
};

/// One row of the error table: how a kind looks on every door.
struct ErrorTraits {
  ErrorKind kind;
  std::string_view slug;   ///< Last part of the problem `type`, stable: "invalid-input".
  std::string_view title;  ///< RFC 9457 `title`, the same for every error of this kind.
  int http_status;
  FlightCode flight_code;
  int exit_code;  ///< Of the command line, after sysexits.h where it has a code.
};

/// The error table, one row per kind in the order of the enum.
std::span<const ErrorTraits> ErrorTable();

/// The row of `kind`.
const ErrorTraits& TraitsOf(ErrorKind kind);

/// A status that carries `kind`. `message` says what was wrong, where, and what to do.
Status MakeError(ErrorKind kind, std::string message);

/// The kind of a failed status: the one it was made with, or else the nearest to its Arrow code.
ErrorKind KindOf(const Status& status);

/// The same failure with `context` in front: "stream 'trips': …". Keeps the kind; OK stays OK.
Status WithContext(std::string_view context, const Status& status);

/// A failed status under another kind, with its message kept.
Status WithKind(ErrorKind kind, const Status& status);

/// The kind that answers with this HTTP status; kInternal for one that no kind has.
ErrorKind KindOfHttpStatus(int http_status);

}  // namespace arrowport
