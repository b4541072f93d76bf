#include "server/allocator.h"

#include <malloc.h>

namespace arrowport::server {

void KeepFreedMemory() {
  // The most that glibc takes; it ignores a larger threshold altogether.
  constexpr int kMapFrom = 32 * 1024 * 1024;
  constexpr int kKeep = 128 * 1024 * 1024;
  mallopt(M_MMAP_THRESHOLD, kMapFrom);
  mallopt(M_TRIM_THRESHOLD, kKeep);
}

}  // namespace arrowport::server
