#include "http/unpacking.h"

#include <cstdint>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {
namespace {

// To fill so many bytes takes longer than another thread to wake.
constexpr int64_t kAsideBytes = 128 * kKiB;

}  // namespace

Awaitable<Status> UnpackWithMemory(Exchange& exchange, stream::IpcDecoder& decoder) {
  while (decoder.AskForMemory(exchange.BodyWaker()) == QueueState::kWait) {
    const Status waited = co_await exchange.WaitWithBody();
    if (!waited.ok()) co_return waited;
  }
  if (decoder.bytes_wanted() < kAsideBytes) co_return decoder.GoOn();
  const auto go_on = [&decoder] { return decoder.GoOn(); };
  co_return co_await exchange.Aside(go_on);
}

}  // namespace arrowport::http
