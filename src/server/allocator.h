#pragma once

namespace arrowport::server {

/// Tells the C library to keep freed memory of a few hundred megabytes for reuse. Result batches of
/// 1–4 MiB are allocated and freed all the time; by default each would be mapped from the kernel,
/// page by page, and unmapped again, which costs more than filling it. Call once, before threads
/// start and before Arrow allocates anything: Arrow then takes its memory from the C library too
/// (unless the environment names another pool, ARROW_DEFAULT_MEMORY_POOL). Its own allocator has a
/// heap for each thread and gives their pages back within milliseconds, so with many clients each
/// small answer is paid for with fresh pages. Memory beyond what is kept still goes back to the
/// system.
void KeepFreedMemory();

}  // namespace arrowport::server
