#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/limits.h"

namespace arrowport::service {

/// As long as the ledger remembers keys, where a commit that was not heard of is looked up.
inline constexpr std::chrono::hours kPartsLifetimeMax{24};

/// Of ingests in parts, see service/staged_ingests.h.
struct StagingOptions {
  std::string directory = {};     ///< Made when needed; empty: among temporary files, and gone
                                  ///< when the server ends.
  int64_t bytes_max = 64 * kGiB;  ///< Of all parts on disk.
  /// Without a new part, before an ingest is forgotten; one may ask for less.
  std::chrono::milliseconds lifetime{kPartsLifetimeMax};
};

}  // namespace arrowport::service
