#include "flight/peer_connection.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace arrowport::flight {
namespace {

int PortOf(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

/// A client and a server that are connected.
class Pair {
 public:
  Pair() : listener_(socket(AF_INET, SOCK_STREAM, 0)), client_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (listener_ < 0 || client_ < 0) throw std::runtime_error("no socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, generic, sizeof address), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    address.sin_port = htons(static_cast<uint16_t>(PortOf(listener_)));
    EXPECT_EQ(connect(client_, generic, sizeof address), 0);
    server_ = accept(listener_, nullptr, nullptr);
    EXPECT_GE(server_, 0);
  }
  ~Pair() {
    for (const int socket : {listener_, client_, server_}) close(socket);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  [[nodiscard]] std::string peer() const {
    return "ipv4:127.0.0.1:" + std::to_string(PortOf(client_));
  }
  [[nodiscard]] int port() const { return PortOf(listener_); }

  [[nodiscard]] bool works() const {
    char byte = 'x';
    return send(client_, &byte, 1, MSG_NOSIGNAL) == 1 && recv(server_, &byte, 1, 0) == 1;
  }

 private:
  int listener_;
  int client_;
  int server_ = -1;
};

TEST(BreakConnectionTest, EndsTheConnectionOfThePeerAndNoOther) {
  const Pair guilty;
  const Pair innocent;
  EXPECT_TRUE(BreakConnection(guilty.peer(), guilty.port()));
  EXPECT_FALSE(guilty.works());
  EXPECT_TRUE(innocent.works());
}

TEST(BreakConnectionTest, LeavesConnectionsToOtherPortsAlone) {
  const Pair pair;
  EXPECT_FALSE(BreakConnection(pair.peer(), pair.port() + 1));
  EXPECT_FALSE(BreakConnection("ipv4:127.0.0.1:1", pair.port()));
  EXPECT_FALSE(BreakConnection("unix:/run/socket", pair.port()));
  EXPECT_TRUE(pair.works());
}

}  // namespace
}  // namespace arrowport::flight
