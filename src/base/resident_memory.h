#pragma once

#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace arrowport {

/// Bytes of memory that this process has from the system now; 0 where the system does not say
/// (proc_pid_statm(5)).
inline int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace arrowport
