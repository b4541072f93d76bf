#pragma once

#include <string>
#include <string_view>

namespace arrowport::fuzz {

// A server within this process: both doors over an empty database in memory, which has a table
// `there` and may touch no file. It is made anew now and then, so that what inputs leave behind
// does not pile up.

/// Sends `bytes` to the HTTP door and says that this is all. What comes back may be as long as it
/// likes, but then its client goes. A finding: an answer 500, or a server that is not idle soon
/// after.
void AskHttp(std::string_view bytes);

/// Calls the method of Flight with `body`, messages as gRPC frames them. A finding: an answer that
/// says the fault is the server's, or none.
void CallFlight(std::string_view method, std::string_view body);

/// `message` as gRPC frames it (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
std::string Framed(std::string_view message);

}  // namespace arrowport::fuzz
