#include "server/allocator.h"

#include <stdlib.h>

#include <algorithm>
#include <thread>

#include <malloc.h>

namespace arrowport::server {

void KeepFreedMemory() {
  // The most that glibc takes; it ignores a larger threshold altogether.
  constexpr int kMapFrom = 32 * 1024 * 1024;
  constexpr int kKeep = 128 * 1024 * 1024;
  mallopt(M_MMAP_THRESHOLD, kMapFrom);
  mallopt(M_TRIM_THRESHOLD, kKeep);
  // Arrow reads it when it first needs a pool; what the user says counts.
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
  // A message is often freed by another thread than the one that read it. Each of glibc's heaps
  // keeps what was freed in it, and by default there are eight for each core.
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, std::thread::hardware_concurrency())));
}

}  // namespace arrowport::server
