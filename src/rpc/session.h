#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "rpc/code.h"
#include "rpc/fair_share.h"
#include "rpc/options.h"
#include "rpc/output.h"
#include "rpc/stream.h"

struct nghttp2_session;

namespace arrowport::rpc {

/// The server's side of one HTTP/2 connection that carries gRPC calls
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), by nghttp2. It has no socket
/// and no thread: bytes go in by Receive and come out by Fill. Not safe to use from two threads at
/// a time.
///
/// What a client may send ahead is bounded: its window opens again only for bytes of a message that
/// somebody waits for. Of calls that are not admitted a client has, all together, no more than its
/// share of what is free on the server; one more byte fails the call that it is of with
/// kOverloaded.
class Session {
 public:
  /// `peer` is what the calls are told of their client. `unread`, the bytes that all clients of the
  /// server have sent to calls that are not admitted, must outlive it.
  Session(const ServerOptions& options, std::string peer, FairShare& unread);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Takes what the client sent.
  /// \return kInvalidInput when it cannot go on; what Fill makes then is the last to be sent.
  Status Receive(std::span<const uint8_t> bytes);

  /// Calls that have begun since it was asked last. They fail when the session does.
  std::vector<std::shared_ptr<Stream>> TakeStarted();

  /// Moves what may be sent now to the output, up to a bound. \return kInternal when it cannot.
  Status Fill();
  Output& output() { return output_; }

  /// Whether nothing will come any more, of either side, once the output is sent.
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] bool has_calls() const { return !streams_.empty(); }

  /// Puts a message behind what is still unsent, with the headers before the first.
  void Send(Stream& stream, const Message& message);

  /// Ends the call once what is unsent has been sent. Nothing may be sent after it.
  void Finish(Stream& stream, const Outcome& outcome);

  /// Says that somebody waits for a message, so that the client may send it.
  void Await(Stream& stream);

  /// Takes the first message, of which there must be one.
  std::shared_ptr<arrow::Buffer> TakeMessage(Stream& stream);

  /// What the call has received and receives is from now on the business of who reads it.
  void Admit(Stream& stream);

  /// Makes reads and writes of the call fail, and drops what is unsent. It still has to be
  /// finished.
  void Fail(Stream& stream, const Status& reason);

  /// Fails all calls: the connection is lost.
  void FailAll(const Status& reason);

  /// Fails calls whose client has kept them waiting for too long at `now`.
  void FailIdle(Clock::time_point now);

  /// Tells the client to begin no more calls; those that it has not heard of in time are refused.
  void GoAway();

 private:
  struct Callbacks;  // Of nghttp2.

  void Begin(Stream& stream);
  void Refuse(Stream& stream, int http_status, const std::string& message);
  void Take(Stream& stream, std::span<const uint8_t> bytes);
  Status Share(Stream& stream, int64_t bytes);
  void GiveUpShare(Stream& stream, int64_t bytes);
  void End(Stream& stream);
  void GiveBack(Stream& stream);
  void SubmitHeaders(Stream& stream);
  void EndIfAllIsSent(Stream& stream);

  const MessageOptions options_;
  const Patience patience_;
  const std::string peer_;
  FairShare& unread_;

  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::shared_ptr<Stream>> streams_;
  std::vector<std::shared_ptr<Stream>> started_;
  int64_t shared_bytes_ = 0;  // Of all streams.
  Output output_;
  bool is_leaving_ = false;
};

}  // namespace arrowport::rpc
