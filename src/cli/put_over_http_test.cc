#include "cli/put_over_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/put_load.h"
#include "cli/row_set.h"
#include "stream/generator.h"

namespace arrowport::cli {
namespace {

using std::chrono::milliseconds;

constexpr const char* kLanded =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

// Answers every request with what `answer` gives for how many came before. It has to outlive its
// clients.
class AnsweringServer {
 public:
  explicit AnsweringServer(std::function<std::string(int64_t)> answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, plain, size), 0);
    EXPECT_EQ(listen(listener_, SOMAXCONN), 0);
    EXPECT_EQ(getsockname(listener_, plain, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Accept(); });
  }

  ~AnsweringServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int64_t requests() const { return requests_; }
  [[nodiscard]] int connections() const { return connections_; }

  [[nodiscard]] std::string last_request() const {
    std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  void Accept() {
    std::vector<std::jthread> threads;
    for (;;) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      ++connections_;
      threads.emplace_back([this, connection] { Serve(connection); });
    }
  }

  void Serve(int connection) {
    std::string bytes;
    std::array<char, 65'536> piece{};
    for (;;) {
      const ssize_t count = recv(connection, piece.data(), piece.size(), 0);
      if (count <= 0) break;
      bytes.append(piece.data(), static_cast<size_t>(count));
      const size_t whole = RequestBytes(bytes);
      if (whole == 0 || bytes.size() < whole) continue;
      {
        std::lock_guard lock(mutex_);
        last_request_ = bytes.substr(0, whole);
      }
      bytes.erase(0, whole);
      const std::string answer = answer_(requests_++);
      if (answer.empty()) break;
      send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    close(connection);
  }

  // Of the first request in `bytes`; 0 while its head is not there.
  static size_t RequestBytes(const std::string& bytes) {
    const size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos) return 0;
    constexpr std::string_view kLength = "Content-Length: ";
    const std::string head = bytes.substr(0, head_end);
    return head_end + 4 + std::stoul(head.substr(head.find(kLength) + kLength.size()));
  }

  const std::function<std::string(int64_t)> answer_;
  const int listener_;
  uint16_t port_ = 0;
  std::atomic<int64_t> requests_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;

  // Guards last_request_.
  mutable std::mutex mutex_;
  std::string last_request_;
};

RowSet Events(int64_t rows) {
  stream::GeneratorOptions options;
  options.rows = rows;
  return *Collect("events", *stream::MakeGenerator(options), [](int64_t, int64_t) {});
}

PutLoad LoadOf(const RowSet& rows, int clients) {
  return {.rows = &rows, .clients = clients, .duration = milliseconds(20)};
}

TEST(PutOverHttpTest, CountsWhatAllClientsPutButForTheFirstPutOfEach) {
  AnsweringServer server([](int64_t) { return kLanded; });
  const RowSet rows = Events(1);
  const auto times = PutOverHttp(server.url(), "trips", LoadOf(rows, 5));
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_EQ(times->answers, server.requests() - 5);
  EXPECT_EQ(server.connections(), 5);
  EXPECT_GT(times->per_second, 0);
  EXPECT_LE(times->p50_seconds, times->p99_seconds);
  EXPECT_TRUE(server.last_request().starts_with("POST /ingest/trips HTTP/1.1\r\n"));
}

TEST(PutOverHttpTest, SendsMoreThanASocketTakesAtOnce) {
  AnsweringServer server([](int64_t) { return kLanded; });
  const RowSet rows = Events(200'000);
  const auto times = PutOverHttp(server.url(), "trips", LoadOf(rows, 2));
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_GT(times->answers, 0);
  EXPECT_GT(server.last_request().size(), 10'000'000);
}

TEST(PutOverHttpTest, ARefusalIsAFailureThatSaysWhatTheServerSaid) {
  AnsweringServer server([](int64_t before) -> std::string {
    if (before < 3) return kLanded;
    return "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 9\r\n\r\nno memory";
  });
  const RowSet rows = Events(1);
  const auto times = PutOverHttp(server.url(), "trips", LoadOf(rows, 1));
  ASSERT_FALSE(times.ok());
  EXPECT_NE(times.status().message().find("429 Too Many Requests: no memory"), std::string::npos)
      << times.status();
}

TEST(PutOverHttpTest, AConnectionThatBreaksIsAFailure) {
  AnsweringServer server([](int64_t) { return std::string(); });
  const RowSet rows = Events(1);
  const auto times = PutOverHttp(server.url(), "trips", LoadOf(rows, 1));
  ASSERT_FALSE(times.ok());
  EXPECT_EQ(KindOf(times.status()), ErrorKind::kUnavailable) << times.status();
}

TEST(PutOverHttpTest, NobodyThereIsAFailure) {
  const RowSet rows = Events(1);
  EXPECT_FALSE(PutOverHttp("http://127.0.0.1:1", "trips", LoadOf(rows, 1)).ok());
}

}  // namespace
}  // namespace arrowport::cli
