#pragma once

#include <atomic>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace arrowport::client::testing {

/// One connection to a TestHttpServer, to be read and answered by hand.
class TestHttpPeer {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  explicit TestHttpPeer(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  /// Reads a whole request. \return false when the client broke it off or has none.
  bool ReadRequest(Request* request) {
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    parser.body_limit(boost::none);
    boost::system::error_code error;
    boost::beast::http::read(socket_, buffer_, parser, error);
    if (!error) *request = parser.release();
    return !error;
  }

  /// Reads no more than a request's head.
  void ReadHead() {
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    boost::system::error_code error;
    boost::beast::http::read_header(socket_, buffer_, parser, error);
  }

  void Write(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
  }

  void WriteAnswer(int status, std::string_view type, std::string_view body) {
    Write("HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Type: " + std::string(type) +
          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }

  void WriteChunk(std::string_view bytes) {
    std::ostringstream chunk;
    chunk << std::hex << bytes.size() << "\r\n" << bytes << "\r\n";
    Write(chunk.str());
  }

  /// Blocks until the client has closed; what it still sends is dropped.
  void WaitForClose() {
    boost::system::error_code error;
    char bytes[4096];
    while (!error) socket_.read_some(boost::asio::buffer(bytes), error);
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

/// A server that hands its connections, one after another, to a function of the test. It has to
/// outlive its clients.
class TestHttpServer {
 public:
  explicit TestHttpServer(std::function<void(TestHttpPeer&)> serve)
      : serve_(std::move(serve)),
        acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()) {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  ~TestHttpServer() {
    io_.stop();
    thread_.join();
  }

  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int connections_closed() const { return connections_closed_; }

 private:
  void Accept() {
    acceptor_.async_accept(
        [this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
          if (error) return;
          ++connections_;
          {
            TestHttpPeer peer(std::move(socket));
            serve_(peer);
          }
          ++connections_closed_;
          Accept();
        });
  }

  const std::function<void(TestHttpPeer&)> serve_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const uint16_t port_;
  std::atomic<int> connections_ = 0;
  std::atomic<int> connections_closed_ = 0;
  std::thread thread_;
};

}  // namespace arrowport::client::testing
