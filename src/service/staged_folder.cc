#include "service/staged_folder.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>

#include <arrow/record_batch.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/unix_time.h"
#include "stream/file.h"

namespace arrowport::service {
namespace {

using Json = nlohmann::ordered_json;
using Milliseconds = std::chrono::milliseconds;

constexpr const char* kManifest = "ingest.json";
constexpr size_t kPartNameBytesMax = 128;

Json ToJson(const StagedIngest& ingest) {
  Json json = {{"ingest", ingest.id},
               {"stream", ingest.stream},
               {"owner", ingest.owner},
               {"lifetime_ms", ingest.lifetime.count()},
               {"touched_unix_ms", UnixMs(ingest.touched)},
               {"parts", Json::array()}};
  for (const StagedPart& part : ingest.parts) {
    json["parts"].push_back({{"part", part.name},
                             {"file", part.file},
                             {"rows", part.rows},
                             {"batches", part.batches},
                             {"bytes", part.bytes}});
  }
  return json;
}

StagedIngest FromJson(const Json& json) {
  StagedIngest ingest;
  json.at("ingest").get_to(ingest.id);
  json.at("stream").get_to(ingest.stream);
  json.at("owner").get_to(ingest.owner);
  ingest.lifetime = Milliseconds(json.at("lifetime_ms").get<int64_t>());
  ingest.touched = std::chrono::system_clock::time_point(
      Milliseconds(json.at("touched_unix_ms").get<int64_t>()));
  for (const Json& part : json.at("parts")) {
    ingest.parts.push_back({.name = part.at("part"),
                            .file = part.at("file"),
                            .rows = part.at("rows"),
                            .batches = part.at("batches"),
                            .bytes = part.at("bytes")});
  }
  return ingest;
}

}  // namespace

int64_t StagedIngest::bytes() const {
  int64_t bytes = 0;
  for (const StagedPart& part : parts) bytes += part.bytes;
  return bytes;
}

Status StagedFolder::Write(const StagedIngest& ingest) const {
  ARROW_RETURN_NOT_OK(MakeFolder(path_));
  return WriteDurably(PathOf(kManifest), ToJson(ingest).dump(1));
}

Result<bool> StagedFolder::HasManifest() const {
  std::error_code error;
  const bool is_there = std::filesystem::exists(PathOf(kManifest), error);
  if (!error) return is_there;
  return MakeError(ErrorKind::kUnavailable,
                   "'" + PathOf(kManifest) + "' cannot be looked at: " + error.message());
}

Result<StagedIngest> StagedFolder::Read() const {
  std::ifstream file(PathOf(kManifest));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    return FromJson(Json::parse(text));
  } catch (const std::exception& error) {
    return MakeError(ErrorKind::kInvalidInput,
                     "'" + PathOf(kManifest) + "' makes no sense: " + error.what());
  }
}

Result<std::shared_ptr<arrow::RecordBatchReader>> StagedFolder::Open(const StagedPart& part) const {
  return stream::OpenOwnStream(PathOf(part.file));
}

void StagedFolder::RemoveOthers(const StagedIngest& ingest) const {
  std::set<std::string> named = {kManifest};
  for (const StagedPart& part : ingest.parts) named.insert(part.file);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored)) {
    if (named.contains(entry.path().filename())) continue;
    std::filesystem::remove(entry.path(), ignored);
  }
}

void StagedFolder::Remove() const {
  std::error_code ignored;
  std::filesystem::remove(PathOf(kManifest), ignored);
  // So that it does not come back with a crash. Whatever fails here, the files go.
  (void)SyncToDisk(path_);
  std::filesystem::remove_all(path_, ignored);
}

bool IsPartName(std::string_view text) {
  if (text.empty() || text.size() > kPartNameBytesMax || text.starts_with('.')) return false;
  return std::ranges::all_of(text, IsNameByte);
}

bool LandsBefore(std::string_view a, std::string_view b) {
  const auto key = [](std::string_view name) {
    const bool is_number = std::ranges::all_of(name, IsDigit);
    const size_t zeros = is_number ? std::min(name.find_first_not_of('0'), name.size()) : 0;
    const std::string_view value = name.substr(zeros);
    // The longer number is the larger one.
    return std::tuple(!is_number, is_number ? value.size() : 0, value, name);
  };
  return key(a) < key(b);
}

}  // namespace arrowport::service
