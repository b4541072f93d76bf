#pragma once

#include <string>

#include "base/error.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "service/table_file.h"

namespace arrowport::http {

/// What is said of a file besides its bytes.
struct FileTraits {
  std::string name;  ///< For who saves it.
  std::string content_type;
};

/// Whether the client of `exchange` has a file of `version` already, by `If-None-Match`. If so it
/// is told (304).
Awaitable<Result<bool>> AnswerUnchanged(Exchange& exchange, const std::string& version);

/// Answers `exchange` with `file` or the part of it that `Range` asks for, if `If-Match` and
/// `If-Range` allow it. A piece of limits::kFilePieceBytes is in memory at once.
/// \return kPreconditionFailed, kRangeNotSatisfiable.
Awaitable<Status> AnswerFile(Exchange& exchange, const service::TableFile& file,
                             const FileTraits& traits);

}  // namespace arrowport::http
