#pragma once

#include <string>

#include "rpc/stream.h"

namespace arrowport::flight {

// Handshakes of clients that sign in before they call: the method Handshake (handlers.h). Everybody
// is anonymous and may do everything, so any name and password is good, and so is a call without a
// token.
//
// There are two forms, and clients have one of them:
//   1. messages: a name and password as JSON or as Flight's BasicAuth, answered with a token,
//      which the client then sends with each call (`auth-token-bin`);
//   2. headers: `authorization: Basic …`, answered with `authorization: Bearer …`, which names a
//      session of its own; a `Bearer …` that a client has already is answered with itself.

/// The answer's header `authorization` of a call that signs in by one; empty for other calls.
std::string SignInAnswer(const rpc::Request& request);

}  // namespace arrowport::flight
