#include "engine/vector_memory.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>

#include <duckdb/storage/buffer_manager.hpp>

#include "base/limits.h"
#include "base/written_out.h"

namespace arrowport::engine {
namespace {

constexpr int64_t kVectorRows = STANDARD_VECTOR_SIZE;
constexpr int64_t kCopies = 4;

// What needs no more than that is let be.
constexpr int64_t kBytesFree = 16 * kMiB;

}  // namespace

int64_t VectorWidth::Add(const arrow::RecordBatch& batch) {
  for (int64_t row = 0; row < batch.num_rows(); row += kVectorRows) {
    const int64_t rows = std::min(kVectorRows, batch.num_rows() - row);
    last_.push_back({.rows = rows, .bytes = VectorBytes(batch, row, rows)});
    rows_ += rows;
    bytes_ += last_.back().bytes;
    while (rows_ - last_.front().rows >= kVectorRows) {
      rows_ -= last_.front().rows;
      bytes_ -= last_.front().bytes;
      last_.pop_front();
    }
    most_ = std::max(most_, bytes_);
  }
  return most_;
}

VectorMemory::VectorMemory(duckdb::DatabaseInstance& instance)
    : buffers_(duckdb::BufferManager::GetBufferManager(instance)) {}

VectorMemory::~VectorMemory() {
  if (reserved_ == 0) return;
  // DuckDB's allocator keeps what the vectors had, beside what it may now fill the memory with.
  duckdb::Allocator::FlushAll();
  buffers_.FreeReservedMemory(static_cast<duckdb::idx_t>(reserved_));
}

void VectorMemory::Cover(int64_t vector_bytes) {
  const int64_t wanted = kCopies * vector_bytes;
  const std::lock_guard lock(mutex_);
  if (wanted <= std::max(reserved_, kBytesFree)) return;
  try {
    buffers_.ReserveMemory(static_cast<duckdb::idx_t>(wanted - reserved_));
  } catch (const duckdb::OutOfMemoryException&) {
    throw duckdb::OutOfMemoryException(
        "2,048 rows of this take " + std::to_string(vector_bytes) +
        " bytes, and to land them needs four times as many, for which memory_limit has no room; "
        "send them in several requests, or raise it");
  }
  reserved_ = wanted;
}

}  // namespace arrowport::engine
