#include "cli/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>

namespace arrowport::cli {
namespace {

// The first value of a key in /proc/cpuinfo, which has lines like "model name\t: AMD EPYC".
std::string FromProcessorInfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace

Machine ThisMachine() {
  utsname system{};
  uname(&system);
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_bytes = sysconf(_SC_PAGESIZE);
  Machine machine = {.processor = FromProcessorInfo("model name"),
                     .cores = std::thread::hardware_concurrency(),
                     .memory_bytes = pages * page_bytes,
                     .system = std::string(system.sysname) + " " + system.release};
  if (machine.processor.empty()) machine.processor = system.machine;
  return machine;
}

}  // namespace arrowport::cli
