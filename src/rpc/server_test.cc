#include "rpc/server.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "base/limits.h"
#include "net/socket.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "rpc/options.h"
#include "rpc/test_client.h"
#include "rpc/test_peer.h"

namespace arrowport::rpc {
namespace {

using net::Awaitable;
using std::chrono::milliseconds;
using testing::Framed;
using testing::Peer;

std::shared_ptr<arrow::Buffer> Bytes(std::string text) {
  return arrow::Buffer::FromString(std::move(text));
}

class ServerTest : public ::testing::Test {
 protected:
  void Serve(Server::Handler handler, ServerOptions options = {}) {
    options.messages = {.message_bytes_max = kMiB, .limit_name = "the.limit"};
    auto server = Server::Start(options, std::move(handler));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Sends back what it gets.
  static Awaitable<void> Echo(std::shared_ptr<Call> call) {
    for (;;) {
      const auto message = co_await call->Read();
      if (!message.ok()) co_return call->Finish({.code = Code::kAborted});
      if (*message == nullptr) co_return call->Finish({});
      (void)co_await call->Write(*message);
    }
  }

  static Awaitable<void> WriteAllItTakes(Call& call) {
    for (Status written; written.ok();) {
      written = co_await call.Write(Bytes(std::string(kMiB, 'x')));
    }
  }

  void ServeEcho() {
    Serve([this](std::shared_ptr<Call> call) {
      begun_.Set();
      return Echo(std::move(call));
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
  Serve([](std::shared_ptr<Call> /*call*/) -> Awaitable<void> { co_return; });
  Peer peer(server_->port());
  const int32_t id = peer.client.Begin("/p.S/M");
  ASSERT_TRUE(peer.Finish(id));
  EXPECT_EQ(peer.client.answer(id).fields["grpc-status"], "2");
}

TEST_F(ServerTest, AWaitForAMessageEndsWithTheClientsDeadline) {
  Status read;
  Serve([&read](std::shared_ptr<Call> call) -> Awaitable<void> {
    const auto message = co_await call->Read();
    read = message.status();
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
  Serve([&](std::shared_ptr<Call> call) -> Awaitable<void> {
    begun.Set();
    const auto message = co_await call->Read();
    if (KindOf(message.status()) == ErrorKind::kCancelled) noticed.Set();
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
  Serve([&](std::shared_ptr<Call> call) -> Awaitable<void> {
    running = call;
    const Status written = co_await call->Write(Bytes(std::string(kBytes, 'x')));
    EXPECT_FALSE(written.ok());
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
  net::asio::post(running->executor(), [&running] {
    running->Fail(MakeError(ErrorKind::kCancelled, "interrupted"));
    running.reset();
  });
  EXPECT_TRUE(ended.WaitUntil(Clock::now() + std::chrono::seconds(20)));
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (server_->connections() > 0 && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(server_->connections(), 0);
}

// Its windows are closed, so that only the end of the call can be said.
TEST_F(ServerTest, StopTellsAClientThatTakesNothingAndReturns) {
  Event writes;
  Serve([&writes](std::shared_ptr<Call> call) -> Awaitable<void> {
    writes.Set();
    co_await WriteAllItTakes(*call);
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
  Serve([](std::shared_ptr<Call> call) -> Awaitable<void> {
    if (call->request().path == "/p.S/Throws") throw std::runtime_error("no more threads");
    co_await Echo(std::move(call));
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
      [](std::shared_ptr<Call> call) -> Awaitable<void> {
        if (call->request().path == "/p.S/Reads") (void)co_await call->Read();
        co_await WriteAllItTakes(*call);
        call->Finish({.code = Code::kDeadlineExceeded});
      },
      {.patience = {.message = milliseconds(1), .taking = milliseconds(1)}});
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
  Serve(Echo, {.patience = {.greeting = milliseconds(1)}});
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
