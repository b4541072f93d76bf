#pragma once

#include <string>

#include <arrow/flight/middleware.h>

#include "base/error.h"
#include "flight/call_context.h"

namespace arrowport::flight {

/// Answers the handshakes of clients that sign in before they call. Everybody is anonymous and may
/// do everything, so any name and password is good, and so is a call without a token.
///
/// There are two forms, and clients have one of them:
///   1. messages: a name and password as JSON or as Flight's BasicAuth, answered with a token,
///      which the client then sends with each call (`auth-token-bin`);
///   2. headers: `authorization: Basic …`, answered with `authorization: Bearer …`, which names a
///      session of its own; a `Bearer …` that a client has already is answered with itself.
Status AnswerHandshake(CallContext& context);

/// The answer's header `authorization` of a call that signs in by one; empty for other calls.
std::string SignInAnswer(arrow::flight::FlightMethod method, const CallContext& context);

}  // namespace arrowport::flight
