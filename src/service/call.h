#pragma once

#include <optional>
#include <string>

#include "access/caller.h"
#include "base/call_control.h"
#include "service/client_sessions.h"

namespace arrowport::service {

/// What every verb is told about the call it serves.
struct Call {
  access::Caller caller;
  std::string request_id;
  CallControl control;
  /// None where statements are not of sessions, whoever sends them.
  std::optional<SessionKey> session = {};
  std::string transaction = {};  ///< The handle of the one that the call names; empty: none.

  [[nodiscard]] ClientSessions::Asker asker() const {
    return {.caller = caller, .session = session, .transaction = transaction, .control = control};
  }
};

}  // namespace arrowport::service
