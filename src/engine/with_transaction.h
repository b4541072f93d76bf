#pragma once

#include <concepts>
#include <utility>

#include <duckdb.hpp>

namespace arrowport::engine {

/// Runs `work` within the transaction that is open on `context`, or else in one of its own. What
/// translates types needs one: the coordinate system of a GEOMETRY is looked up in the catalog.
/// On the thread that uses the connection. Throws what `work` throws.
template <std::invocable Work>
void WithTransaction(duckdb::ClientContext& context, Work&& work) {
  if (context.transaction.HasActiveTransaction()) {
    std::forward<Work>(work)();
  } else {
    context.RunFunctionInTransaction([&work] { work(); });
  }
}

}  // namespace arrowport::engine
