#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "base/error.h"
#include "client/address.h"
#include "client/chunked_framing.h"
#include "client/client.h"
#include "stream/batch_encoder.h"

namespace arrowport::client {

struct HttpRequest {
  std::string_view method;
  std::string target;                                            ///< Percent-encoded.
  std::string_view accept;                                       ///< Empty: anything.
  std::string_view content_type;                                 ///< Empty: there is no body.
  std::vector<std::pair<std::string, std::string>> fields = {};  ///< Others, by name.
};

struct HttpHead {
  int status = 0;
  std::string content_type;
  std::optional<std::chrono::seconds> retry_after = {};  ///< Where it is said in seconds.
};

/// One connection, for one exchange after another:
///
///     Send, or BeginUpload, Upload… and EndUpload; then ReadHead; then ReadBody down to its end.
///
/// One thread at a time, but for Interrupt. Everything blocks until the server has moved a byte,
/// and is kDeadlineExceeded when it moved none for the idle timeout. After an error it can only be
/// destroyed, which a server that was being sent an upload takes as its failure.
class HttpConnection {
 public:
  static Result<std::unique_ptr<HttpConnection>> Open(const Address& address,
                                                      const ClientOptions& options);

  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Whether another exchange may begin: the one before is at its end, and neither side has closed.
  [[nodiscard]] bool IsReusable();

  /// From any thread: what blocks, and everything that comes after, is kCancelled.
  void Interrupt();

  /// Sends a whole request.
  Status Send(const HttpRequest& request, std::string_view body);

  /// Sends the head of a request whose body follows in chunks.
  Status BeginUpload(const HttpRequest& request);

  /// Sends `pieces` as one chunk, without joining them. \return false when the server has answered
  /// (or closed) already: it will take no more, and ReadHead tells why.
  Result<bool> Upload(const stream::Buffers& pieces);

  /// Sends the end of the body. As Upload.
  Result<bool> EndUpload();

  Result<HttpHead> ReadHead();

  /// Fills the beginning of `space` with the next bytes of the body. \return how many; 0 only at
  /// its true end. kUnavailable when it breaks off.
  Result<size_t> ReadBody(std::span<uint8_t> space);

  /// What is left of the body. \return kTooLarge when that is over `bytes_max`.
  Result<std::string> ReadBodyText(size_t bytes_max);

 private:
  struct Outcome {
    boost::system::error_code error;
    size_t bytes = 0;
  };

  explicit HttpConnection(const Address& address, const ClientOptions& options);

  template <typename Start>
  Outcome Await(std::chrono::milliseconds timeout, Start start);

  Status Connect(const Address& address, std::chrono::milliseconds timeout);
  Result<bool> Write(const std::vector<boost::asio::const_buffer>& buffers);
  void WatchForAnswer();
  void StopWatching();
  Status FillBuffer();
  Result<size_t> ReadSome(std::span<uint8_t> space);
  [[nodiscard]] std::string_view buffered() const;
  [[nodiscard]] Status Lost(std::string_view doing, const boost::system::error_code& error) const;
  [[nodiscard]] std::string FormatHead(const HttpRequest& request,
                                       std::optional<size_t> length) const;

  // Constant after construction.
  const std::string authority_;
  const std::chrono::milliseconds idle_timeout_;

  boost::asio::io_context io_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;  // Read, but not yet asked for.
  bool interrupted_ = false;

  // Of the upload: a read that waits beside the writes, so that an answer ends them.
  bool watching_ = false;
  bool answered_early_ = false;

  // Of the answer.
  bool in_exchange_ = false;
  bool keep_alive_ = true;
  std::optional<ChunkedFraming> framing_;
  std::optional<uint64_t> length_left_;  // Without framing; nothing: until the connection closes.
  int64_t body_bytes_ = 0;
};

}  // namespace arrowport::client
