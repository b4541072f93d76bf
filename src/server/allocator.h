#pragma once

namespace arrowport::server {

/// Has Arrow take its memory from the program's malloc, which is jemalloc but under a sanitizer,
/// unless the environment names another pool (ARROW_DEFAULT_MEMORY_POOL). Call once, before Arrow
/// allocates anything.
///
/// Result batches of 1–4 MiB are allocated and freed all the time, and most often by different
/// threads. jemalloc keeps what is freed for a second, to use it again without the kernel, and
/// then gives it back. Arrow's own allocator has a heap for each thread and gives their pages back
/// within milliseconds, so with many clients each small answer is paid for with fresh pages.
/// MALLOC_CONF of the environment changes what jemalloc does (jemalloc.net).
void ShareOneAllocator();

}  // namespace arrowport::server
