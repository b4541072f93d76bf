#pragma once

#include <string>

#include "rpc/stream.h"
#include "service/client_sessions.h"

namespace arrowport::flight {

/// The session that the headers of a call name: a cookie of ours, or else the token that a
/// handshake gave (see Handshake), which is another one with each. Where there is neither, a call
/// that `may_begin` one gets a new one, which its client may keep as a cookie.
service::SessionKey SessionOf(const rpc::Request& request, bool may_begin);

/// The value of `set-cookie` that tells a client of its session.
std::string CookieOf(const service::SessionKey& session);

/// A new token for a client that signs in. Says nothing of its owner and is not kept: for access
/// every token is as good as none.
std::string NewToken();

}  // namespace arrowport::flight
