#include "cli/put_over_http.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <netdb.h>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "cli/client_load.h"
#include "cli/put_load.h"
#include "cli/row_set.h"
#include "client/address.h"
#include "stream/batch_encoder.h"

namespace arrowport::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAnswerTimeout(60'000);
constexpr size_t kAnswerBytesMax = 65'536;
constexpr int kEventsAtOnce = 64;

Status Broken(const std::string& doing) {
  return MakeError(ErrorKind::kUnavailable, doing + ": " + std::strerror(errno));
}

Result<FileDescriptor> ConnectTo(const client::Address& address) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found);
  if (failed != 0) return MakeError(ErrorKind::kUnavailable, gai_strerror(failed));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  FileDescriptor socket_file(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket_file.number() < 0) return Broken("no socket");
  if (connect(socket_file.number(), found->ai_addr, found->ai_addrlen) != 0) {
    return Broken("connecting");
  }
  const int yes = 1;
  setsockopt(socket_file.number(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  fcntl(socket_file.number(), F_SETFL, O_NONBLOCK);
  return socket_file;
}

Result<std::string> RequestOf(const client::Address& address, const std::string& table,
                              const RowSet& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto encoder,
                        stream::MakeBatchEncoder(stream::WireFormat::kArrowStream, rows.schema));
  ARROW_ASSIGN_OR_RAISE(stream::Buffers pieces, encoder->Begin());
  const auto add = [&](const stream::Buffers& more) {
    pieces.insert(pieces.end(), more.begin(), more.end());
  };
  for (const auto& batch : rows.batches) {
    ARROW_ASSIGN_OR_RAISE(const stream::Buffers encoded, encoder->Encode(batch));
    add(encoded);
  }
  ARROW_ASSIGN_OR_RAISE(const stream::Buffers end, encoder->End());
  add(end);
  size_t length = 0;
  for (const auto& piece : pieces) length += static_cast<size_t>(piece->size());
  std::string request = "POST /ingest/" + table + " HTTP/1.1\r\nHost: " + address.Authority() +
                        "\r\nContent-Type: application/vnd.apache.arrow.stream\r\n" +
                        "Content-Length: " + std::to_string(length) + "\r\n\r\n";
  request.reserve(request.size() + length);
  for (const auto& piece : pieces) request += std::string_view(*piece);
  return request;
}

// What a head says of the body behind it; nothing when it does not.
std::optional<size_t> BodyLength(std::string_view head) {
  constexpr std::string_view kField = "\r\nContent-Length: ";
  const size_t field = head.find(kField);
  if (field == std::string_view::npos) return std::nullopt;
  size_t length = 0;
  const char* const digits = head.data() + field + kField.size();
  if (std::from_chars(digits, head.data() + head.size(), length).ec != std::errc()) {
    return std::nullopt;
  }
  return length;
}

// \return whether `bytes` are a whole answer. An answer other than 200 is a failure.
Result<bool> IsWholeAnswer(std::string_view bytes) {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const size_t head_end = bytes.find(kHeadEnd);
  if (head_end == std::string_view::npos) return false;
  const std::string_view head = bytes.substr(0, head_end);
  const std::optional<size_t> length = BodyLength(head);
  if (!length.has_value()) {
    return MakeError(ErrorKind::kInternal, "an answer without a length: " + std::string(head));
  }
  const size_t body = head_end + kHeadEnd.size();
  if (bytes.size() < body + *length) return false;
  if (head.starts_with("HTTP/1.1 200 ")) return true;
  return MakeError(ErrorKind::kInternal, std::string(head.substr(0, head.find('\r'))) + ": " +
                                             std::string(bytes.substr(body)));
}

// One client: a connection that sends the same request when the one before is answered.
class Connection {
 public:
  Connection(FileDescriptor socket_file, std::string_view request)
      : socket_(std::move(socket_file)), request_(request), sent_(request.size()) {}

  [[nodiscard]] int socket() const { return socket_.number(); }
  [[nodiscard]] ClientLog& log() { return log_; }

  [[nodiscard]] Clock::time_point began() const { return began_; }
  [[nodiscard]] bool has_more_to_send() const { return sent_ < request_.size(); }

  /// Begins to send; what the socket does not take now is sent by GoOn.
  Status Begin() {
    sent_ = 0;
    answer_.clear();
    began_ = Clock::now();
    return Send();
  }

  /// Moves what can be moved. \return whether the answer is there, whole.
  Result<bool> GoOn() {
    // First, for a refusal may come before all was sent, and tells more than a send that fails.
    ARROW_ASSIGN_OR_RAISE(const bool answered, Receive());
    if (!answered) ARROW_RETURN_NOT_OK(Send());
    return answered;
  }

  /// Whether the loop waits until the socket takes more; its own note.
  bool awaits_room = false;

 private:
  Result<bool> Receive() {
    std::array<char, 4096> piece;
    for (;;) {
      const ssize_t count = recv(socket(), piece.data(), piece.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return false;
      if (count < 0) return Broken("reading an answer");
      if (count == 0) return MakeError(ErrorKind::kUnavailable, "the server closed a connection");
      answer_.append(piece.data(), static_cast<size_t>(count));
      ARROW_ASSIGN_OR_RAISE(const bool whole, IsWholeAnswer(answer_));
      if (whole) return true;
      if (answer_.size() > kAnswerBytesMax) {
        return MakeError(ErrorKind::kTooLarge, "an answer that does not end");
      }
    }
  }

  Status Send() {
    while (has_more_to_send()) {
      const ssize_t count = send(socket(), request_.data() + sent_, request_.size() - sent_,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return Status::OK();
      if (count < 0) return Broken("sending a put");
      sent_ += static_cast<size_t>(count);
    }
    return Status::OK();
  }

  // Constant after construction.
  const FileDescriptor socket_;
  const std::string_view request_;

  size_t sent_;
  std::string answer_;
  Clock::time_point began_;
  ClientLog log_;
};

// All connections, on the thread that calls.
class PutLoop {
 public:
  PutLoop() : events_(epoll_create1(EPOLL_CLOEXEC)) {}

  Status Open(const client::Address& address, std::string_view request, int clients) {
    if (events_.number() < 0) return Broken("epoll");
    for (int i = 0; i < clients; ++i) {
      ARROW_ASSIGN_OR_RAISE(FileDescriptor socket_file, ConnectTo(address));
      connections_.push_back(std::make_unique<Connection>(std::move(socket_file), request));
      ARROW_RETURN_NOT_OK(Tell(EPOLL_CTL_ADD, *connections_.back()));
    }
    return Status::OK();
  }

  /// Has each connection put once.
  Status PutOnce() {
    return PutUntil([](Connection&) { return false; });
  }

  Result<LoadTimes> PutFor(std::chrono::duration<double> duration) {
    using Seconds = std::chrono::duration<double>;
    const Clock::time_point start = Clock::now();
    ARROW_RETURN_NOT_OK(PutUntil([&](Connection& connection) {
      const Clock::time_point now = Clock::now();
      connection.log().seconds.push_back(Seconds(now - connection.began()).count());
      connection.log().whole_seconds = Seconds(now - start).count();
      return now - start < duration;
    }));
    std::vector<ClientLog> logs;
    logs.reserve(connections_.size());
    for (const auto& connection : connections_) logs.push_back(std::move(connection->log()));
    return TimesOf(logs);
  }

 private:
  // All begin; each that is answered begins again as long as `again` of it is true.
  template <typename Again>
  Status PutUntil(const Again& again) {
    size_t busy = connections_.size();
    for (const auto& connection : connections_) {
      ARROW_RETURN_NOT_OK(connection->Begin());
      ARROW_RETURN_NOT_OK(Watch(*connection));
    }
    std::array<epoll_event, kEventsAtOnce> events{};
    while (busy > 0) {
      const int ready = epoll_wait(events_.number(), events.data(), kEventsAtOnce,
                                   static_cast<int>(kAnswerTimeout.count()));
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return Broken("epoll");
      if (ready == 0) return MakeError(ErrorKind::kDeadlineExceeded, "no put is answered");
      for (size_t i = 0; i < static_cast<size_t>(ready); ++i) {
        auto& connection = *static_cast<Connection*>(events.at(i).data.ptr);
        ARROW_ASSIGN_OR_RAISE(const bool answered, connection.GoOn());
        const bool goes_on = !answered || again(connection);
        if (!goes_on) --busy;
        if (answered && goes_on) ARROW_RETURN_NOT_OK(connection.Begin());
        ARROW_RETURN_NOT_OK(Watch(connection));
      }
    }
    return Status::OK();
  }

  // For its answer, and for room to send in as long as there is something to send.
  Status Watch(Connection& connection) {
    if (connection.awaits_room == connection.has_more_to_send()) return Status::OK();
    connection.awaits_room = connection.has_more_to_send();
    return Tell(EPOLL_CTL_MOD, connection);
  }

  Status Tell(int what, Connection& connection) {
    epoll_event event{};
    event.events = connection.awaits_room ? uint32_t{EPOLLIN} | uint32_t{EPOLLOUT} : EPOLLIN;
    event.data.ptr = &connection;
    const bool told = epoll_ctl(events_.number(), what, connection.socket(), &event) == 0;
    return told ? Status::OK() : Broken("epoll");
  }

  const FileDescriptor events_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace

Result<LoadTimes> PutOverHttp(const std::string& url, const std::string& table,
                              const PutLoad& load) {
  ARROW_ASSIGN_OR_RAISE(const client::Address address, client::ParseAddress(url));
  ARROW_ASSIGN_OR_RAISE(const std::string request, RequestOf(address, table, *load.rows));
  PutLoop loop;
  ARROW_RETURN_NOT_OK(WithContext(url, loop.Open(address, request, load.clients)));
  ARROW_RETURN_NOT_OK(WithContext(url, loop.PutOnce()));
  auto times = loop.PutFor(load.duration);
  if (!times.ok()) return WithContext(url, times.status());
  return times;
}

}  // namespace arrowport::cli
