#pragma once

namespace arrowport {

/// Whether a sanitizer watches memory in this build: the C library's, not that of other allocators.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryIsWatched = true;
#else
inline constexpr bool kMemoryIsWatched = false;
#endif

}  // namespace arrowport
