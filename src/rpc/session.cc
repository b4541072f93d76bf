#include "rpc/session.h"

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <nghttp2/nghttp2.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "rpc/code.h"
#include "rpc/fair_share.h"
#include "rpc/metadata.h"
#include "rpc/options.h"
#include "rpc/output.h"
#include "rpc/stream.h"

namespace arrowport::rpc {
namespace {

// What a client may send ahead of a message that is waited for: as HTTP/2 begins, and once the call
// is admitted some of the socket's buffers.
constexpr int32_t kFirstWindow = 64 * kKiB;
constexpr int32_t kStreamWindow = 2 * kMiB;

// Calls share a connection, and one that is not read must not stop the others.
constexpr int32_t kConnectionWindow = NGHTTP2_MAX_WINDOW_SIZE;

constexpr uint32_t kFrameBytesMax = 256 * kKiB;
constexpr uint32_t kHeaderBytesMax = 64 * kKiB;

// What a field costs besides its bytes, as HTTP/2 counts it.
constexpr size_t kFieldBytes = 32;

// Messages that wait to be read. Small ones cost much more memory than window.
constexpr size_t kMessagesMax = 16'384;

// What waits for the socket. More is made once that has gone.
constexpr size_t kOutputBytesMax = kMiB;

// Up to here it costs less to copy a message's many buffers than to refer to each.
constexpr int64_t kCopiedMessageMax = 16 * kKiB;

void Call(const std::function<void()>& function) {
  if (function) function();
}

std::string_view ViewOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

uint8_t* BytesOf(const std::string& text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

// Whether HPACK is to keep the field, to say it in one byte the next time. What differs from call
// to call would push the others out, and the search for a field runs through all of its name.
bool IsOfEveryAnswer(std::string_view name) {
  return name == ":status" || name == "content-type" || name == "grpc-accept-encoding" ||
         name == "grpc-status";
}

// The fields refer to `headers`.
std::vector<nghttp2_nv> FieldsOf(const Headers& headers) {
  std::vector<nghttp2_nv> fields;
  fields.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    const auto flags = IsOfEveryAnswer(name) ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX;
    fields.push_back(
        {BytesOf(name), BytesOf(value), name.size(), value.size(), static_cast<uint8_t>(flags)});
  }
  return fields;
}

Status Broken(std::string_view what, int code) {
  return MakeError(ErrorKind::kInvalidInput, std::string(what) + ": " + nghttp2_strerror(code));
}

}  // namespace

struct Session::Callbacks {
  static Session& Of(void* session) { return *static_cast<Session*>(session); }

  static Stream* StreamOf(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static bool IsRequest(const nghttp2_frame& frame) {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (!IsRequest(*frame)) return 0;
    Session& self = Of(user);
    const int32_t id = frame->hd.stream_id;
    auto stream = std::make_shared<Stream>(id, self.options_);
    stream->request.peer = self.peer_;
    nghttp2_session_set_stream_user_data(session, id, stream.get());
    self.streams_[id] = std::move(stream);
    return 0;
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                      void* /*user*/) {
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr || !IsRequest(*frame)) return 0;
    // A few bytes may name a large field again and again; nghttp2 only says what the limit is.
    stream->header_bytes += name_size + value_size + kFieldBytes;
    if (stream->header_bytes > kHeaderBytesMax) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    ReadHeader(*stream, ViewOf(name, name_size), ViewOf(value, value_size));
    return 0;
  }

  static void ReadHeader(Stream& stream, std::string_view name, std::string_view value) {
    Request& request = stream.request;
    if (name == ":path") request.path = value;
    if (name == ":method") stream.is_post = value == "POST";
    if (name.starts_with(':')) return;
    if (name == "content-type") stream.is_grpc = value.starts_with("application/grpc");
    if (name == "grpc-timeout") {
      const auto timeout = ReadTimeout(value);
      if (timeout) request.deadline = Clock::now() + *timeout;
    }
    auto read = FromWire(name, value);
    if (!read.ok()) {
      stream.failure = read.status();
      return;
    }
    for (std::string& one : *read) {
      request.headers.push_back({.name = std::string(name), .value = std::move(one)});
    }
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (IsRequest(*frame)) Of(user).Begin(*stream);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) Of(user).End(*stream);
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t /*flags*/, int32_t id, const uint8_t* data,
                    size_t size, void* user) {
    (void)nghttp2_session_consume_connection(session, size);
    Stream* const stream = StreamOf(session, id);
    if (stream != nullptr) Of(user).Take(*stream, {data, size});
    return 0;
  }

  static int OnClose(nghttp2_session* /*session*/, int32_t id, uint32_t /*code*/, void* user) {
    Session& self = Of(user);
    const auto found = self.streams_.find(id);
    if (found == self.streams_.end()) return 0;
    const auto stream = std::move(found->second);
    self.streams_.erase(found);
    self.Fail(*stream, MakeError(ErrorKind::kCancelled, "the client cancelled the call"));
    return 0;
  }

  // What a frame may have of what is unsent.
  static ssize_t OnReadLength(nghttp2_session* /*session*/, uint8_t /*type*/, int32_t /*id*/,
                              int32_t connection_window, int32_t stream_window,
                              uint32_t frame_bytes_max, void* /*user*/) {
    return std::min({static_cast<ssize_t>(connection_window), static_cast<ssize_t>(stream_window),
                     static_cast<ssize_t>(std::min(frame_bytes_max, kFrameBytesMax))});
  }

  static ssize_t OnRead(nghttp2_session* /*session*/, int32_t /*id*/, uint8_t* /*bytes*/,
                        size_t size, uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    const int64_t taken = std::min(static_cast<int64_t>(size), stream.unsent.bytes);
    // The trailers end the stream, and are no part of this.
    if (taken == 0) return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    stream.unsent.promised = taken;
    return taken;
  }

  static int OnSendData(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/,
                        const uint8_t* frame_header, size_t size, nghttp2_data_source* source,
                        void* user) {
    constexpr size_t kFrameHeaderBytes = 9;
    Output& output = Of(user).output_;
    if (output.bytes() >= kOutputBytesMax) return NGHTTP2_ERR_WOULDBLOCK;
    output.Copy({frame_header, kFrameHeaderBytes});
    auto& stream = *static_cast<Stream*>(source->ptr);
    Stream::Unsent& unsent = stream.unsent;
    unsent.promised = 0;
    for (auto left = static_cast<int64_t>(size); left > 0;) {
      const std::shared_ptr<arrow::Buffer>& buffer = unsent.buffers.front();
      const int64_t taken = std::min(left, buffer->size() - unsent.begin);
      output.Add(buffer, unsent.begin, taken);
      left -= taken;
      unsent.bytes -= taken;
      unsent.begin += taken;
      if (unsent.begin < buffer->size()) continue;
      unsent.buffers.pop_front();
      unsent.begin = 0;
    }
    if (stream.writing_since) stream.writing_since = Clock::now();
    if (unsent.bytes <= kRoomBytes) Call(stream.on_change);
    if (unsent.bytes > 0) return 0;
    // What was dropped may have left a part of a buffer.
    unsent.buffers.clear();
    unsent.begin = 0;
    stream.writing_since.reset();
    Of(user).EndIfAllIsSent(stream);
    return 0;
  }

  // Headers that are too large, for one, would else never be missed.
  static int OnFrameNotSent(nghttp2_session* session, const nghttp2_frame* frame, int /*error*/,
                            void* /*user*/) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                     NGHTTP2_INTERNAL_ERROR);
  }

  // A client that is still sending is told that nobody reads any more. One that speaks no gRPC
  // would not take it for the end of an answer.
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* /*user*/) {
    const bool is_end =
        frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!is_end) return 0;
    const Stream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream == nullptr || stream->has_ended || !stream->is_answered) return 0;
    return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                     NGHTTP2_NO_ERROR);
  }

  static nghttp2_session* MakeSession(Session* self) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_session* session = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_option_new(&option);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, OnReadLength);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, OnSendData);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, OnFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, OnFrameNotSent);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_server_new2(&session, callbacks, self, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return session;
  }
};

Session::Session(const ServerOptions& options, std::string peer, FairShare& unread)
    : options_(options.messages),
      patience_(options.patience),
      peer_(std::move(peer)),
      unread_(unread),
      session_(Callbacks::MakeSession(this)) {
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(options.client_calls_max)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(kFirstWindow)},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kFrameBytesMax},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderBytesMax},
  }};
  (void)nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  (void)nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Session::~Session() {
  unread_.Give(shared_bytes_);
  nghttp2_session_del(session_);
}

Status Session::Receive(std::span<const uint8_t> bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (taken >= 0) return Status::OK();
  return Broken("the client does not speak gRPC's HTTP/2", static_cast<int>(taken));
}

std::vector<std::shared_ptr<Stream>> Session::TakeStarted() { return std::exchange(started_, {}); }

Status Session::Fill() {
  while (output_.bytes() < kOutputBytesMax) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return Broken("the connection cannot go on", static_cast<int>(size));
    if (size == 0) break;
    output_.Copy({bytes, static_cast<size_t>(size)});
  }
  return Status::OK();
}

bool Session::is_over() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void Session::Begin(Stream& stream) {
  constexpr int kMethodNotAllowed = 405;
  constexpr int kUnsupportedMediaType = 415;
  if (!stream.is_post) return Refuse(stream, kMethodNotAllowed, "gRPC's method is POST");
  if (!stream.is_grpc) {
    return Refuse(stream, kUnsupportedMediaType, "this port takes application/grpc only");
  }
  if (is_leaving_) {
    // The client may take it to another server, since nothing of it has run.
    (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  started_.push_back(streams_.at(stream.id));
}

void Session::Refuse(Stream& stream, int http_status, const std::string& message) {
  stream.is_finished = true;
  const Headers headers{{.name = ":status", .value = std::to_string(http_status)},
                        {.name = "grpc-status", .value = std::to_string(int(Code::kUnknown))},
                        {.name = "grpc-message", .value = PercentEncode(message)}};
  const auto fields = FieldsOf(headers);
  (void)nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), nullptr);
}

void Session::Take(Stream& stream, std::span<const uint8_t> bytes) {
  stream.held_bytes += static_cast<int64_t>(bytes.size());
  if (stream.silent_since) stream.silent_since = Clock::now();
  // What nobody reads is dropped, and the client sees the end of the call when it has sent all.
  const bool is_read = stream.failure.ok() && !stream.is_finished;
  if (is_read) {
    Status taken = Share(stream, static_cast<int64_t>(bytes.size()));
    if (taken.ok()) taken = stream.assembler.Add(bytes, stream.messages);
    if (taken.ok() && stream.messages.size() > kMessagesMax) {
      stream.messages.clear();
      taken = MakeError(ErrorKind::kTooLarge, "too many messages wait to be read");
    }
    if (!taken.ok()) Fail(stream, taken);
  }
  const bool is_more_awaited = stream.is_awaited && stream.messages.empty();
  if (!is_read || !stream.failure.ok() || is_more_awaited) GiveBack(stream);
  if (!stream.messages.empty()) Call(stream.on_change);
}

Status Session::Share(Stream& stream, int64_t bytes) {
  if (stream.is_admitted) return Status::OK();
  if (!unread_.Take(shared_bytes_, bytes)) {
    return MakeError(ErrorKind::kOverloaded,
                     "clients have sent too much that waits to be read; try again later");
  }
  stream.shared_bytes += bytes;
  shared_bytes_ += bytes;
  return Status::OK();
}

void Session::GiveUpShare(Stream& stream, int64_t bytes) {
  bytes = std::min(bytes, stream.shared_bytes);
  stream.shared_bytes -= bytes;
  shared_bytes_ -= bytes;
  unread_.Give(bytes);
}

void Session::Admit(Stream& stream) {
  if (std::exchange(stream.is_admitted, true)) return;
  GiveUpShare(stream, stream.shared_bytes);
  if (stream.has_ended || !streams_.contains(stream.id)) return;
  (void)nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, stream.id,
                                              kStreamWindow);
}

void Session::End(Stream& stream) {
  stream.has_ended = true;
  if (stream.assembler.is_within_message() && stream.failure.ok()) {
    Fail(stream, MakeError(ErrorKind::kInvalidInput,
                           "the client's stream ends in the middle of a message"));
  }
  Call(stream.on_change);
}

void Session::GiveBack(Stream& stream) {
  const auto bytes = static_cast<size_t>(std::exchange(stream.held_bytes, 0));
  if (bytes > 0) (void)nghttp2_session_consume_stream(session_, stream.id, bytes);
}

void Session::Await(Stream& stream) {
  if (!std::exchange(stream.is_awaited, true)) stream.silent_since = Clock::now();
  if (streams_.contains(stream.id)) GiveBack(stream);
}

std::shared_ptr<arrow::Buffer> Session::TakeMessage(Stream& stream) {
  stream.is_awaited = false;
  stream.silent_since.reset();
  auto message = std::move(stream.messages.front());
  stream.messages.pop_front();
  return message;
}

void Session::Send(Stream& stream, const Message& message) {
  if (!streams_.contains(stream.id)) return;
  SubmitHeaders(stream);
  int64_t length = 0;
  for (const auto& buffer : message) length += buffer->size();
  std::string copied = PrefixOf(length);
  const bool is_small = length <= kCopiedMessageMax;
  if (is_small) {
    copied.reserve(copied.size() + static_cast<size_t>(length));
    for (const auto& buffer : message) copied += std::string_view(*buffer);
  }
  Stream::Unsent& unsent = stream.unsent;
  if (!stream.writing_since) stream.writing_since = Clock::now();
  unsent.bytes += static_cast<int64_t>(copied.size()) + (is_small ? 0 : length);
  unsent.buffers.push_back(arrow::Buffer::FromString(std::move(copied)));
  for (const auto& buffer : message) {
    if (!is_small && buffer->size() > 0) unsent.buffers.push_back(buffer);
  }
  (void)nghttp2_session_resume_data(session_, stream.id);
}

void Session::Finish(Stream& stream, const Outcome& outcome) {
  if (stream.is_finished || !streams_.contains(stream.id)) return;
  stream.is_finished = true;
  stream.trailers = {{.name = "grpc-status", .value = std::to_string(int(outcome.code))}};
  if (!outcome.message.empty()) {
    stream.trailers.push_back({.name = "grpc-message", .value = PercentEncode(outcome.message)});
  }
  for (const Header& header : outcome.trailers) {
    stream.trailers.push_back({.name = header.name, .value = ToWire(header.name, header.value)});
  }
  SubmitHeaders(stream);
  EndIfAllIsSent(stream);
}

void Session::SubmitHeaders(Stream& stream) {
  if (std::exchange(stream.is_answered, true)) return;
  Headers headers{{.name = ":status", .value = "200"},
                  {.name = "content-type", .value = "application/grpc"},
                  {.name = "grpc-accept-encoding", .value = "identity"}};
  for (const Header& header : stream.headers) {
    headers.push_back({.name = header.name, .value = ToWire(header.name, header.value)});
  }
  const auto fields = FieldsOf(headers);
  const nghttp2_data_provider provider{.source = {.ptr = &stream},
                                       .read_callback = Callbacks::OnRead};
  (void)nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), &provider);
}

// Not as the end of the data, which a client that takes none would hold back with it.
void Session::EndIfAllIsSent(Stream& stream) {
  if (!stream.is_finished || stream.unsent.bytes > 0 || stream.is_over) return;
  stream.is_over = true;
  const auto fields = FieldsOf(stream.trailers);
  (void)nghttp2_submit_trailer(session_, stream.id, fields.data(), fields.size());
}

void Session::Fail(Stream& stream, const Status& reason) {
  if (stream.failure.ok()) stream.failure = reason;
  stream.hurried_until.reset();
  GiveUpShare(stream, stream.shared_bytes);
  // A frame whose header has been made gets its bytes.
  Stream::Unsent& unsent = stream.unsent;
  unsent.bytes = unsent.promised;
  if (unsent.bytes == 0) {
    unsent.buffers.clear();
    unsent.begin = 0;
    stream.writing_since.reset();
  }
  if (stream.is_finished && streams_.contains(stream.id)) EndIfAllIsSent(stream);
  Call(stream.on_change);
}

void Session::FailAll(const Status& reason) {
  for (const auto& [id, stream] : streams_) Fail(*stream, reason);
}

void Session::FailIdle(Clock::time_point now) {
  for (const auto& [id, stream] : streams_) {
    const Status reason = stream->WhyTooSlow(patience_, now);
    if (!reason.ok()) Fail(*stream, reason);
  }
}

void Session::GoAway() {
  is_leaving_ = true;
  (void)nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                              nullptr, 0);
}

}  // namespace arrowport::rpc
