#include "server/allocator.h"

#include <stdlib.h>

// jemalloc reads it when the first thread asks for memory, before main. A thread of its own gives
// back what is old, so that a server which has nothing to do is small again. Large blocks, as
// bodies of messages, are kept for reuse too.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,oversize_threshold:0,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace arrowport::server {

void ShareOneAllocator() {
  // Arrow reads it when it first needs a pool; what the user says counts.
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
}

}  // namespace arrowport::server
