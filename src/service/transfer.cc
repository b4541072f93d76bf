#include "service/transfer.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/error.h"

namespace arrowport::service {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Status CheckTransferHost(const std::string& hosts, const RemoteAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + address.host + "]" : address.host;
  const std::string with_port = host + ":" + std::to_string(address.port);
  std::string_view rest = hosts;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view allowed = Trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (allowed.empty()) continue;
    if (allowed == "*" || EqualsIgnoringCase(allowed, host) ||
        EqualsIgnoringCase(allowed, with_port))
      return Status::OK();
  }
  return MakeError(ErrorKind::kForbidden,
                   "this server does not transfer to or from " + with_port +
                       "; its operator can add the host to transfer_hosts (now: " + hosts + ")");
}

}  // namespace arrowport::service
