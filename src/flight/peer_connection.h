#pragma once

#include <string_view>

namespace arrowport::flight {

/// Shuts down the TCP connections over which `peer` talks to `local_port` of this process. `peer`
/// is as gRPC writes it: "ipv4:127.0.0.1:50000" or "ipv6:%5B::1%5D:50000".
///
/// gRPC's synchronous interface cannot end a call whose thread waits for its client, to send or to
/// take something. Without its connection the wait ends at once. Other calls of the same client on
/// that connection end with it. \return whether there was one.
bool BreakConnection(std::string_view peer, int local_port);

}  // namespace arrowport::flight
