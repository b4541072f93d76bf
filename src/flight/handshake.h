#pragma once

#include <memory>
#include <string>

#include <arrow/flight/server_auth.h>
#include <arrow/flight/server_middleware.h>

#include "base/error.h"

namespace arrowport::flight {

/// Answers the handshakes of clients that sign in before they call. Everybody is anonymous and may
/// do everything, so any name and password is good, and so is a call without a token.
///
/// There are two forms, and clients have one of them:
///   1. messages: a name and password as JSON or as Flight's BasicAuth, answered with a token,
///      which the client then sends with each call (`auth-token-bin`);
///   2. headers: `authorization: Basic …`, answered with `authorization: Bearer …`, which names a
///      session of its own; a `Bearer …` that a client has already is answered with itself. The
///      answer's header is the middleware's, see BearerHeaders.
class Handshake final : public arrow::flight::ServerAuthHandler {
 public:
  // As Flight calls them.
  Status Authenticate(const arrow::flight::ServerCallContext& context,
                      arrow::flight::ServerAuthSender* outgoing,
                      arrow::flight::ServerAuthReader* incoming) override;
  Status IsValid(const arrow::flight::ServerCallContext& context, const std::string& token,
                 std::string* peer_identity) override;
};

/// Gives a token to handshakes that come with a header, and to any call that signs in by one.
class BearerHeaders final : public arrow::flight::ServerMiddlewareFactory {
 public:
  static constexpr char kName[] = "arrowport-bearer";

  // As Flight calls it.
  Status StartCall(const arrow::flight::CallInfo& info,
                   const arrow::flight::ServerCallContext& context,
                   std::shared_ptr<arrow::flight::ServerMiddleware>* middleware) override;
};

}  // namespace arrowport::flight
