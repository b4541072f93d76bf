#include "cli/file_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::cli {
namespace {

constexpr int64_t kSampleBytes = 64 * kKiB;

/// FNV-1a: a mark that stays the same from one version to the next.
class Mark {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) {
      value_ ^= static_cast<unsigned char>(c);
      value_ *= 0x100000001b3U;
    }
  }

  void Add(int64_t number) { Add(std::to_string(number) + ";"); }

  [[nodiscard]] std::string ToHex() const {
    char digits[17];
    (void)std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(value_));
    return digits;
  }

 private:
  uint64_t value_ = 0xcbf29ce484222325U;
};

Status Unreadable(const std::string& path) {
  return MakeError(ErrorKind::kNotFound, "there is no file '" + path + "' that can be read");
}

Result<std::string> FullPath(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::canonical(path, error);
  if (error) return Unreadable(path);
  return full.string();
}

std::string Sample(std::ifstream& file, int64_t offset, int64_t bytes) {
  std::string sample(static_cast<size_t>(bytes), '\0');
  file.seekg(offset);
  file.read(sample.data(), bytes);
  sample.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return sample;
}

}  // namespace

Result<std::string> ProducerOfFile(const std::string& name, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::string full, FullPath(path));
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(full, error));
  std::ifstream file(full, std::ios::binary);
  if (error || !file) return Unreadable(path);
  const int64_t sampled = std::min(size, kSampleBytes);
  Mark mark;
  mark.Add(full);
  mark.Add(size);
  mark.Add(Sample(file, 0, sampled));
  mark.Add(Sample(file, size - sampled, sampled));
  return name + ":" + mark.ToHex();
}

Result<std::string> ProducerOfGrowingFile(const std::string& name, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::string full, FullPath(path));
  struct stat found = {};
  if (stat(full.c_str(), &found) != 0) return Unreadable(path);
  Mark mark;
  mark.Add(full);
  mark.Add(static_cast<int64_t>(found.st_ino));
  return name + ":" + mark.ToHex();
}

}  // namespace arrowport::cli
