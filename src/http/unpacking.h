#pragma once

#include "base/error.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {

/// Gets the memory that `decoder` waits for, and has it go on. Waits as the coroutine that reads
/// the body of `exchange`; both are kept by reference.
/// \return kOverloaded when others had the memory for too long, kTooLarge, what the decoder says,
/// or why the call was abandoned.
Awaitable<Status> UnpackWithMemory(Exchange& exchange, stream::IpcDecoder& decoder);

}  // namespace arrowport::http
