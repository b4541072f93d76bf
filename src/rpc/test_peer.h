#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rpc/test_client.h"

namespace arrowport::rpc::testing {

/// A socket of a client, which blocks.
class Peer {
 public:
  explicit Peer(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Peer() { close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void Send() {
    const std::string bytes = client.Take();
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  /// Waits for bytes. \return false when the server has closed.
  bool Receive() {
    std::array<char, 65'536> bytes{};
    const ssize_t size = recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0) return false;
    EXPECT_TRUE(client.Receive({bytes.data(), static_cast<size_t>(size)}));
    return true;
  }

  /// Sends and receives until the call is over. \return whether it is.
  bool Finish(int32_t id) {
    while (!client.answer(id).is_closed) {
      Send();
      if (!Receive()) return false;
    }
    return true;
  }

  /// Waits for so many bytes, and leaves them where they are.
  void AwaitBytes(size_t size) {
    std::vector<char> bytes(size);
    EXPECT_EQ(recv(socket_, bytes.data(), size, MSG_PEEK | MSG_WAITALL),
              static_cast<ssize_t>(size));
  }

  /// Whether the server closes.
  bool IsLeft() {
    while (Receive()) continue;
    return true;
  }

  TestClient client;

 private:
  const int socket_;
};

}  // namespace arrowport::rpc::testing
