#include "rpc/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <gmock/gmock.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "base/limits.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "rpc/options.h"
#include "rpc/test_client.h"

namespace arrowport::rpc {
namespace {

using std::chrono::milliseconds;
using testing::Framed;
using testing::TestClient;

std::shared_ptr<arrow::Buffer> Bytes(std::string text) {
  return arrow::Buffer::FromString(std::move(text));
}

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

class ServerTest : public ::testing::Test {
 protected:
  void Serve(Server::Handler handler, ServerOptions options = {}) {
    options.messages = {.message_bytes_max = kMiB, .limit_name = "the.limit"};
    auto server = Server::Start(options, std::move(handler));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Sends back what it gets.
  static void Echo(const std::shared_ptr<Call>& call) {
    for (;;) {
      const auto message = call->Read();
      if (!message.ok()) return call->Finish({.code = Code::kAborted});
      if (*message == nullptr) return call->Finish({});
      (void)call->Write({*message});
    }
  }

  void ServeEcho() {
    Serve([this](const std::shared_ptr<Call>& call) {
      begun_.Set();
      Echo(call);
    });
  }

  // Waits until the call is with its handler. \return its number.
  int32_t BeginEcho(Peer& peer) {
    const int32_t id = peer.client.Begin("/p.S/M");
    peer.Send();
    begun_.Wait();
    return id;
  }

  Event begun_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, RunsCallsOfAConnectionSideBySide) {
  Serve(Echo);
  Peer peer(server_->port());
  const int32_t first = peer.client.Begin("/p.S/First");
  const int32_t second = peer.client.Begin("/p.S/Second");
  peer.client.Send(second, Framed("two"), /*end=*/true);
  ASSERT_TRUE(peer.Finish(second));
  EXPECT_EQ(peer.client.answer(second).body, Framed("two"));
  peer.client.Send(first, Framed("one") + Framed("more"), /*end=*/true);
  ASSERT_TRUE(peer.Finish(first));
  EXPECT_EQ(peer.client.answer(first).body, Framed("one") + Framed("more"));
  EXPECT_EQ(peer.client.answer(first).fields["grpc-status"], "0");
}

TEST_F(ServerTest, AnswersForAHandlerThatDoesNot) {
  Serve([](const std::shared_ptr<Call>& /*call*/) {});
  Peer peer(server_->port());
  const int32_t id = peer.client.Begin("/p.S/M");
  ASSERT_TRUE(peer.Finish(id));
  EXPECT_EQ(peer.client.answer(id).fields["grpc-status"], "2");
}

TEST_F(ServerTest, AWaitForAMessageEndsWithTheClientsDeadline) {
  Status read;
  Serve([&read](const std::shared_ptr<Call>& call) {
    read = call->Read().status();
    call->Finish({.code = Code::kDeadlineExceeded});
  });
  Peer peer(server_->port());
  const int32_t id = peer.client.Begin("/p.S/M", {{"grpc-timeout", "50m"}});
  ASSERT_TRUE(peer.Finish(id));
  EXPECT_EQ(KindOf(read), ErrorKind::kDeadlineExceeded);
}

TEST_F(ServerTest, ARunningCallNoticesThatItsClientHasGone) {
  Event begun;
  Event noticed;
  Serve([&](const std::shared_ptr<Call>& call) {
    begun.Set();
    if (KindOf(call->Read().status()) == ErrorKind::kCancelled) noticed.Set();
  });
  {
    Peer peer(server_->port());
    (void)peer.client.Begin("/p.S/M");
    peer.Send();
    begun.Wait();
  }
  EXPECT_TRUE(noticed.WaitUntil(Clock::now() + std::chrono::seconds(20)));
}

TEST_F(ServerTest, StopLetsARunningCallEndAndCloses) {
  ServeEcho();
  Peer peer(server_->port());
  const int32_t id = BeginEcho(peer);
  std::thread stopping([this] { server_->Stop(Clock::now() + std::chrono::seconds(20)); });
  peer.client.Send(id, Framed("late"), /*end=*/true);
  EXPECT_TRUE(peer.Finish(id));
  EXPECT_EQ(peer.client.answer(id).body, Framed("late"));
  EXPECT_TRUE(peer.IsLeft());
  stopping.join();
}

TEST_F(ServerTest, StopInterruptsAtItsDeadline) {
  ServeEcho();
  Peer peer(server_->port());
  const int32_t id = BeginEcho(peer);
  std::thread stopping([this] { server_->Stop(Clock::now() + milliseconds(20)); });
  EXPECT_TRUE(peer.Finish(id));
  EXPECT_EQ(peer.client.answer(id).fields["grpc-status"], "10");
  EXPECT_TRUE(peer.IsLeft());
  stopping.join();
}

// Its socket is full, so that not even the end of the call can be said.
TEST_F(ServerTest, AClientThatTakesNothingOfAnInterruptedCallIsLeft) {
  // More than the buffers of two sockets have room for.
  constexpr size_t kBytes = 64 * kMiB;
  std::shared_ptr<Call> running;
  Event ended;
  Serve([&](const std::shared_ptr<Call>& call) {
    running = call;
    EXPECT_FALSE(call->Write({Bytes(std::string(kBytes, 'x'))}));
    call->Finish({.code = Code::kDeadlineExceeded});
    ended.Set();
  });
  Peer peer(server_->port());
  peer.client.SetWindow(1'000'000'000);
  (void)peer.client.Begin("/p.S/M");
  peer.client.OpenConnection();
  peer.Send();
  // The writer goes on until the socket is full.
  peer.AwaitBytes(50'000);
  running->Interrupt();
  EXPECT_TRUE(ended.WaitUntil(Clock::now() + std::chrono::seconds(20)));
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (server_->connections() > 0 && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(server_->connections(), 0);
  running.reset();
}

// Its windows are closed, so that only the end of the call can be said.
TEST_F(ServerTest, StopTellsAClientThatTakesNothingAndReturns) {
  Event writes;
  Serve([&writes](const std::shared_ptr<Call>& call) {
    writes.Set();
    while (call->Write({Bytes(std::string(kMiB, 'x'))})) continue;
    call->Finish({.code = Code::kUnavailable});
  });
  Peer peer(server_->port());
  peer.client.KeepWindows();
  const int32_t id = peer.client.Begin("/p.S/M");
  peer.Send();
  writes.Wait();
  std::thread stopping([this] { server_->Stop(Clock::now() + milliseconds(20)); });
  EXPECT_TRUE(peer.Finish(id));
  EXPECT_EQ(peer.client.answer(id).fields["grpc-status"], "14");
  stopping.join();
}

TEST_F(ServerTest, AnExceptionEndsItsCallOnly) {
  Serve([](const std::shared_ptr<Call>& call) {
    if (call->request().path == "/p.S/Throws") throw std::runtime_error("no more threads");
    Echo(call);
  });
  Peer peer(server_->port());
  const int32_t throws = peer.client.Begin("/p.S/Throws");
  ASSERT_TRUE(peer.Finish(throws));
  EXPECT_EQ(peer.client.answer(throws).fields["grpc-status"], "13");
  const int32_t echoes = peer.client.Begin("/p.S/Echo");
  peer.client.Send(echoes, Framed("one"), /*end=*/true);
  ASSERT_TRUE(peer.Finish(echoes));
  EXPECT_EQ(peer.client.answer(echoes).body, Framed("one"));
}

TEST_F(ServerTest, ACallWithoutAMessageOrAReaderEnds) {
  Serve(
      [](const std::shared_ptr<Call>& call) {
        if (call->request().path == "/p.S/Reads") (void)call->Read();
        while (call->Write({Bytes(std::string(kMiB, 'x'))})) continue;
        call->Finish({.code = Code::kDeadlineExceeded});
      },
      {.first_message_max = milliseconds(1), .send_idle_max = milliseconds(1)});
  Peer peer(server_->port());
  peer.client.KeepWindows();
  const int32_t reads = peer.client.Begin("/p.S/Reads");
  const int32_t writes = peer.client.Begin("/p.S/Writes");
  EXPECT_TRUE(peer.Finish(reads));
  EXPECT_TRUE(peer.Finish(writes));
  EXPECT_EQ(peer.client.answer(reads).fields["grpc-status"], "4");
  EXPECT_EQ(peer.client.answer(writes).fields["grpc-status"], "4");
}

TEST_F(ServerTest, AClientThatSaysNothingIsLeft) {
  Serve(Echo, {.greeting_max = milliseconds(1)});
  Peer peer(server_->port());
  EXPECT_TRUE(peer.IsLeft());
}

TEST_F(ServerTest, ManyClientsComeAndGo) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  Serve(Echo);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      for (int round = 0; round < kRounds; ++round) {
        Peer peer(server_->port());
        const int32_t kept = peer.client.Begin("/p.S/Kept");
        const int32_t dropped = peer.client.Begin("/p.S/Dropped");
        peer.client.Send(dropped, Framed("half").substr(0, 6));
        peer.client.Send(kept, Framed(std::string(100'000, 'x')), /*end=*/true);
        if (round % 3 == i % 3) peer.client.Reset(dropped);
        EXPECT_TRUE(peer.Finish(kept));
        EXPECT_EQ(peer.client.answer(kept).fields["grpc-status"], "0");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  server_->Stop(Clock::now() + std::chrono::seconds(20));
}

}  // namespace
}  // namespace arrowport::rpc
