#include "stream/file.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace arrowport::stream {
namespace {

constexpr std::array<std::pair<std::string_view, FileFormat>, 8> kEndings = {{
    {".arrow", FileFormat::kArrowFile},
    {".feather", FileFormat::kArrowFile},
    {".arrows", FileFormat::kArrowStream},
    {".parquet", FileFormat::kParquet},
    {".csv", FileFormat::kCsv},
    {".csv.gz", FileFormat::kCsv},
    {".json", FileFormat::kJson},
    {".ndjson", FileFormat::kNdjson},
}};

}  // namespace

std::optional<FileFormat> FormatOfPath(std::string_view path) {
  const std::string folded = ToLower(path);
  for (const auto& [ending, format] : kEndings) {
    if (folded.ends_with(ending)) return format;
  }
  return std::nullopt;
}

}  // namespace arrowport::stream
