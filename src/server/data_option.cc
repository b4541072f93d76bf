#include "server/data_option.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/data_source.h"

namespace arrowport::server {
namespace {

constexpr const char* kViewOfAll = "dataset";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Status ReadDataView(std::string_view line, std::vector<engine::DataSource>* sources) {
  const size_t equals = line.find('=');
  const std::string_view name = Trimmed(line.substr(0, equals));
  const std::string_view pattern =
      equals == std::string_view::npos ? "" : Trimmed(line.substr(equals + 1));
  if (name.empty() || pattern.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "'" + std::string(line) +
                         "' is not NAME=GLOB; write the view's name, = and its files, like "
                         "trips=/lake/trips/*.parquet");
  }
  sources->push_back({.view = std::string(name),
                      .pattern = std::string(pattern),
                      .view_per_file = false,
                      .option = "--data " + std::string(name)});
  return Status::OK();
}

}  // namespace

Status ReadParquetPath(std::string_view text, std::vector<engine::DataSource>* sources) {
  if (text.empty()) return Status::OK();
  sources->push_back({.view = kViewOfAll,
                      .pattern = std::string(text),
                      .view_per_file = true,
                      .option = "--parquet-path"});
  return Status::OK();
}

Status ReadDataViews(std::string_view text, std::vector<engine::DataSource>* sources) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    if (!line.empty()) ARROW_RETURN_NOT_OK(ReadDataView(line, sources));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return Status::OK();
}

}  // namespace arrowport::server
