#include "flight/peer_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace arrowport::flight {
namespace {

// As gRPC writes it; empty for what is no address of TCP.
std::string Written(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
    return std::string("ipv4:") + host.data() + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
    const std::string port = std::to_string(ntohs(v6.sin6_port));
    constexpr std::string_view kMapped = "::ffff:";
    // A client of IPv4 on a socket of both.
    if (std::string_view(host.data()).starts_with(kMapped)) {
      return std::string("ipv4:") + (host.data() + kMapped.size()) + ":" + port;
    }
    return std::string("ipv6:%5B") + host.data() + "%5D:" + port;
  }
  return {};
}

int PortOf(const std::string& written) {
  const auto colon = written.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    std::from_chars(written.data() + colon + 1, written.data() + written.size(), port);
  }
  return port;
}

bool IsBetween(int socket, std::string_view peer, int local_port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (getpeername(socket, generic, &size) != 0 || Written(address) != peer) return false;
  size = sizeof address;
  return getsockname(socket, generic, &size) == 0 && PortOf(Written(address)) == local_port;
}

}  // namespace

bool BreakConnection(std::string_view peer, int local_port) {
  bool found = false;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string number = entry.path().filename();
    int open = -1;
    std::from_chars(number.data(), number.data() + number.size(), open);
    // A copy stays what it is, should the descriptor be closed and given to somebody else
    // meanwhile.
    const int socket = dup(open);
    if (socket < 0) continue;
    if (IsBetween(socket, peer, local_port)) found = shutdown(socket, SHUT_RDWR) == 0 || found;
    close(socket);
  }
  return found;
}

}  // namespace arrowport::flight
