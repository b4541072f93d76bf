#include "engine/planning_allocator.h"

#include <duckdb.hpp>
#include <duckdb/common/allocator.hpp>

#include "engine/planning.h"

namespace arrowport::engine {
namespace {

using duckdb::Allocator;
using duckdb::data_ptr_t;
using duckdb::idx_t;
using duckdb::PrivateAllocatorData;

data_ptr_t Allocate(PrivateAllocatorData* data, idx_t bytes) {
  Planning::Allocating(bytes);
  return Allocator::DefaultAllocate(data, bytes);
}

data_ptr_t Reallocate(PrivateAllocatorData* data, data_ptr_t memory, idx_t old_bytes, idx_t bytes) {
  Planning::Allocating(bytes);
  return Allocator::DefaultReallocate(data, memory, old_bytes, bytes);
}

}  // namespace

duckdb::unique_ptr<Allocator> MakePlanningAllocator() {
  return duckdb::make_uniq<Allocator>(Allocate, Allocator::DefaultFree, Reallocate, nullptr);
}

void UsePlanningAllocator() {
  // Memory that was allocated before is freed as well by this one, which is the same but for looks.
  static const bool kUsed = [] {
    Allocator::DefaultAllocatorReference() = MakePlanningAllocator();
    return true;
  }();
  (void)kUsed;
}

}  // namespace arrowport::engine
