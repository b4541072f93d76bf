#include "http/exchange.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "http/answer.h"
#include "http/context.h"
#include "http/request.h"
#include "http/socket.h"
#include "http/transport.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

Exchange::Exchange(Context& context, std::shared_ptr<Transport> transport, RequestParser& parser)
    : context_(context),
      transport_(std::move(transport)),
      signal_(transport_->executor()),
      body_signal_(transport_->executor()),
      request_(parser),
      body_(*transport_, parser, request_, context.options.body_idle_timeout) {
  call_.request_id = request_.id();
  call_.control.stop = stop_.get_token();
  keep_alive_ = request_.keep_alive();
}

Exchange::~Exchange() {
  transport_->StopWatching();
  transport_->ShareClocks(false);
  StopClock();
}

void Exchange::StopClock() { timer_.reset(); }

void Exchange::SetTimeout(std::chrono::milliseconds timeout) {
  call_.control.deadline = Clock::now() + timeout;
  timer_.emplace(transport_->executor(), *call_.control.deadline);
  timer_->async_wait([weak = weak_from_this(), timeout](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self == nullptr || error) return;
    self->Abandon(
        MakeError(ErrorKind::kDeadlineExceeded,
                  "the call's time of " + std::to_string(timeout.count()) + " ms is over"));
  });
}

void Exchange::Abandon(const Status& reason) {
  if (!abandoned().ok()) return;
  transport_->Interrupt(reason);
  stop_.request_stop();
  signal_.Set();
  body_signal_.Set();
}

Awaitable<Status> Exchange::Wait() {
  co_await signal_.Wait();
  co_return abandoned();
}

Awaitable<Status> Exchange::WaitWithBody() {
  co_await body_signal_.Wait();
  co_return abandoned();
}

void Exchange::AnswerWhileReading() {
  both_ways_ = true;
  transport_->ShareClocks(true);
}

void Exchange::WatchClient() {
  transport_->WatchPeer([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->Abandon(MakeError(ErrorKind::kCancelled, "the client left before the answer's end"));
  });
}

Awaitable<Status> Exchange::Send(Answer answer) {
  transport_->StopWatching();
  DecideKeepAlive();
  status_ = answer.status;
  gather_.Add(FormatHead({.status = answer.status,
                          .content_type = answer.content_type,
                          .framing = answer.status == kNotModified || answer.status == kNoContent
                                         ? Framing::kNone
                                         : Framing::kLength,
                          .content_length = answer.body.size(),
                          .request_id = request_.id(),
                          .keep_alive = keep_alive_,
                          .fields = &answer.fields}));
  if (!head_only()) gather_.Add(answer.body);
  co_return co_await Flush();
}

void Exchange::BeginBody(const BodyHead& head) {
  framing_ = request_.is_http_1_0() ? Framing::kConnection : Framing::kChunked;
  if (head.length.has_value()) framing_ = Framing::kLength;
  if (both_ways_) {
    keep_alive_ = request_.keep_alive() && !context_.stopping;
  } else {
    DecideKeepAlive();
  }
  if (framing_ == Framing::kConnection) keep_alive_ = false;
  status_ = head.status;
  gather_.Add(FormatHead({.status = status_,
                          .content_type = head.content_type,
                          .framing = framing_,
                          .content_length = head.length.value_or(0),
                          .request_id = request_.id(),
                          .keep_alive = keep_alive_,
                          .fields = &head.fields}));
}

void Exchange::AddToProblem(std::string name, std::string value) {
  problem_fields_.emplace_back(std::move(name), std::move(value));
}

Awaitable<Status> Exchange::WriteBody(const stream::Buffers& part) {
  AddPart(part);
  co_return co_await Flush();
}

Awaitable<Status> Exchange::EndBody(const stream::Buffers& part) {
  AddPart(part);
  if (framing_ == Framing::kChunked && !head_only()) gather_.Add("0\r\n\r\n");
  const Status flushed = co_await Flush();
  transport_->StopWatching();
  co_return flushed;
}

void Exchange::DecideKeepAlive() {
  body_.DiscardReceived();
  keep_alive_ = request_.keep_alive() && body_.at_end() && !context_.stopping;
}

void Exchange::AddPart(const stream::Buffers& part) {
  uint64_t bytes = 0;
  for (const auto& buffer : part) bytes += static_cast<uint64_t>(buffer->size());
  // A chunk of no bytes would be the end of the body.
  if (bytes == 0 || head_only()) return;
  if (framing_ == Framing::kChunked) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), bytes, 16).ptr;
    gather_.Add({digits.data(), static_cast<size_t>(end - digits.data())});
    gather_.Add("\r\n");
  }
  for (const auto& buffer : part) gather_.Add(*buffer);
  if (framing_ == Framing::kChunked) gather_.Add("\r\n");
}

Awaitable<Status> Exchange::Flush() {
  if (gather_.size() == 0) co_return Status::OK();
  std::vector<asio::const_buffer> pieces = gather_.Pieces();
  Status written = co_await transport_->Write(pieces, context_.options.read_idle_timeout);
  bytes_sent_ += static_cast<int64_t>(gather_.size());
  gather_.Clear();
  co_return written;
}

}  // namespace arrowport::http
