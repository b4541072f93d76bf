// What a client of gRPC sends, as bytes, to the server's side of its connection.

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/buffer.h>

#include "base/limits.h"
#include "fuzz/fuzzing.h"
#include "rpc/fair_share.h"
#include "rpc/options.h"
#include "rpc/session.h"
#include "rpc/stream.h"

namespace arrowport::fuzz {
namespace {

/// A server whose calls answer each message with itself.
class Echo {
 public:
  Status Receive(Input bytes) {
    ARROW_RETURN_NOT_OK(session_.Receive(bytes));
    for (auto& stream : session_.TakeStarted()) {
      session_.Await(*stream);
      streams_.push_back(std::move(stream));
    }
    for (const auto& stream : streams_) Serve(*stream);
    std::erase_if(streams_, [](const auto& stream) { return stream->is_finished; });
    return Drain();
  }

  void End() {
    session_.FailAll(MakeError(ErrorKind::kCancelled, "the client has gone"));
    for (const auto& stream : streams_) session_.Finish(*stream, {});
    streams_.clear();
    (void)Drain();
  }

 private:
  void Serve(rpc::Stream& stream) {
    while (stream.failure.ok() && !stream.messages.empty()) {
      session_.Admit(stream);
      session_.Send(stream, {session_.TakeMessage(stream)});
      session_.Await(stream);
    }
    if (stream.has_ended || !stream.failure.ok()) session_.Finish(stream, {});
  }

  Status Drain() {
    do {
      ARROW_RETURN_NOT_OK(session_.Fill());
      std::array<iovec, 16> pieces{};
      size_t bytes = 0;
      for (const iovec& piece : std::span(pieces).first(session_.output().Gather(pieces))) {
        bytes += piece.iov_len;
      }
      if (bytes == 0) return Status::OK();
      session_.output().Drop(bytes);
    } while (true);
  }

  rpc::FairShare unread_{kMiB, kKiB};
  rpc::Session session_{{.client_calls_max = 10,
                         .messages = {.message_bytes_max = 64 * kKiB, .limit_name = "the.limit"}},
                        "peer",
                        unread_};
  std::vector<std::shared_ptr<rpc::Stream>> streams_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array<size_t, 3> kPartBytes = {SIZE_MAX, 100, 1};
  Input input(data, size);
  const size_t part_bytes = kPartBytes[TakeChoice(input, kPartBytes.size())];
  Echo echo;
  while (!input.empty()) {
    const auto part = input.first(std::min(input.size(), part_bytes));
    input = input.subspan(part.size());
    if (!echo.Receive(part).ok()) break;
  }
  echo.End();
  return 0;
}

}  // namespace arrowport::fuzz
