#include "rpc/call.h"

#include <memory>
#include <utility>

#include <arrow/buffer.h>
#include <boost/asio/post.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "rpc/code.h"
#include "rpc/connection.h"
#include "rpc/metadata.h"
#include "rpc/stream.h"

namespace arrowport::rpc {

Call::Call(std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream)
    : connection_(std::move(connection)),
      stream_(std::move(stream)),
      executor_(connection_->executor()),
      readable_(executor_),
      writable_(executor_) {}

Call::~Call() {
  stream_->on_change = nullptr;
  Finish({.code = Code::kUnknown, .message = "the server left the call without an answer"});
}

void Call::Start() {
  stream_->on_change = [this] { Changed(); };
  if (request().deadline) SetDeadline(*request().deadline);
}

void Call::Changed() {
  readable_.Set();
  writable_.Set();
  if (failure().ok() || !on_failure_) return;
  // Not within the session, which says so.
  net::asio::post(executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    const auto on_failure = self == nullptr ? nullptr : std::exchange(self->on_failure_, nullptr);
    if (on_failure) on_failure();
  });
}

net::Awaitable<Result<std::shared_ptr<arrow::Buffer>>> Call::Read() {
  while (failure().ok() && stream_->messages.empty()) {
    if (stream_->has_ended) co_return nullptr;
    connection_->Await(*stream_);
    co_await readable_.Wait();
  }
  if (stream_->messages.empty()) co_return failure();
  co_return connection_->TakeMessage(*stream_);
}

void Call::Admit() { connection_->Admit(*stream_); }

void Call::SetMayBeSilent(bool may) {
  if (std::exchange(stream_->may_be_silent, may) && !may && stream_->silent_since) {
    stream_->silent_since = Clock::now();
  }
}

void Call::AddHeader(Header header) { stream_->headers.push_back(std::move(header)); }

void Call::Send(const Message& message) {
  if (failure().ok()) connection_->Send(*stream_, message);
}

void Call::Send(std::shared_ptr<arrow::Buffer> message) { Send(Message{std::move(message)}); }

net::Awaitable<Status> Call::Write(const Message& message) {
  Send(message);
  return WaitForRoom();
}

net::Awaitable<Status> Call::Write(std::shared_ptr<arrow::Buffer> message) {
  Send(std::move(message));
  return WaitForRoom();
}

net::Awaitable<Status> Call::WaitForRoom() {
  while (failure().ok() && stream_->unsent.bytes > kRoomBytes) co_await writable_.Wait();
  co_return failure();
}

void Call::Finish(const Outcome& outcome) {
  deadline_.reset();
  connection_->Finish(*stream_, outcome);
}

void Call::Fail(const Status& reason) { connection_->Fail(*stream_, reason); }

void Call::SetDeadline(Clock::time_point deadline) {
  deadline_.emplace(executor_, deadline);
  deadline_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self == nullptr || error) return;
    self->Fail(MakeError(ErrorKind::kDeadlineExceeded, "the call's deadline passed"));
  });
}

void Call::Hurry() { connection_->Hurry(*stream_); }

net::Awaitable<void> Call::DropTheRest() {
  Hurry();
  for (;;) {
    const auto message = co_await Read();
    if (!message.ok() || *message == nullptr) co_return;
  }
}

}  // namespace arrowport::rpc
