#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport {

// Files that must be there after a crash of the machine. All of these block, and fail with
// kStorageFull on a disk without room, or else with kUnavailable; both with the path.

/// Waits until the file `path`, or the names that the folder `path` has, are on the disk.
Status SyncToDisk(const std::string& path);

/// Makes the folder `path`, and those above it, where they are not there.
Status MakeFolder(const std::string& path);

/// Whether `error`, of the system's, tells of a disk without room.
bool IsDiskFull(int error);

/// Makes or replaces the file `path`: whatever happens meanwhile, there is the old text or all of
/// the new one.
Status WriteDurably(const std::string& path, std::string_view text);

}  // namespace arrowport
