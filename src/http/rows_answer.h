#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"
#include "http/answer.h"
#include "http/answer_form.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/socket.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

/// What a request wants to know of the rows that answer it, besides which they are.
struct RowsWanted {
  stream::EncodeOptions form;
  std::optional<std::chrono::milliseconds> timeout;  ///< Goes before X-Arrowport-Timeout-Ms.
  HeaderFields fields = {};                          ///< Of the answer, besides those of its form.
};

/// What `request` says about the form of rows: in its fields, and in `?format=` and
/// `?compression=`.
FormWishes WishesOf(const Request& request);

/// Asks for rows. May block, and goes on when nobody waits for them any more: it owns what it uses.
using AskForRows = std::function<Result<std::shared_ptr<engine::ResultStream>>(
    service::Service& service, const service::Call& call)>;

/// Answers `exchange` with the rows that `ask` gets: what is the same for all that answers rows.
/// The call ends when its time is over and when its client leaves, even while DuckDB still plans.
/// Behind the request's body.
Awaitable<Status> AnswerRows(Exchange& exchange, RowsWanted wanted, AskForRows ask);

}  // namespace arrowport::http
