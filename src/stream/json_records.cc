#include "stream/json_records.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::stream {
namespace {

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Where the string that begins at `begin` ends, behind its quote; nothing when it does not.
std::optional<size_t> EndOfString(std::span<const char> text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::nullopt;
}

// Where the object that begins at `begin` ends; nothing when it does not.
Result<std::optional<size_t>> EndOfObject(std::span<char> text, size_t begin, JsonKeys* keys) {
  int depth = 0;
  std::string_view last_string;
  for (size_t i = begin; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      const auto end = EndOfString(text, i);
      if (!end) return std::nullopt;
      last_string = {text.data() + i + 1, *end - i - 2};
      i = *end;
      continue;
    }
    if (c == '{' || c == '[') {
      if (++depth > limits::kSchemaDepthMax) {
        return MakeError(ErrorKind::kTooLarge, "values are nested deeper than " +
                                                   std::to_string(limits::kSchemaDepthMax));
      }
      if (keys != nullptr) keys->Enter(depth, c == '{');
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return i + 1;
    } else if (c == ':' && keys != nullptr) {
      ARROW_RETURN_NOT_OK(keys->Add(depth, last_string));
    } else if (c == '\n' || c == '\r') {
      text[i] = ' ';
    }
    ++i;
  }
  return std::nullopt;
}

size_t Join(size_t path, std::string_view name) {
  constexpr size_t kOdd = 0x9E3779B97F4A7C15;
  return (path ^ std::hash<std::string_view>()(name)) * kOdd + 1;
}

}  // namespace

void JsonKeys::Enter(int depth, bool is_object) {
  const auto at = static_cast<size_t>(depth);
  paths_.at(at) = members_.at(at - 1);
  // The elements of a list stand at one place, the list's.
  members_.at(at) = is_object ? 0 : paths_.at(at);
}

Status JsonKeys::Add(int depth, std::string_view text) {
  const auto at = static_cast<size_t>(depth);
  members_.at(at) = Join(paths_.at(at), text);
  if (!seen_.insert(members_.at(at)).second) return Status::OK();
  if (seen_.size() > static_cast<size_t>(limits::kSchemaFieldsMax)) {
    return MakeError(ErrorKind::kTooLarge, "the objects have more than " +
                                               std::to_string(limits::kSchemaFieldsMax) +
                                               " different keys");
  }
  if (depth == 1) names_.emplace_back(text);
  return Status::OK();
}

Result<JsonRecords::Cut> JsonRecords::Next(std::span<char> text, int64_t count_max, bool at_end,
                                           JsonKeys* keys) {
  Cut cut;
  while (cut.bytes < text.size() && cut.count < count_max) {
    char& c = text[cut.bytes];
    if (c != '{') {
      ARROW_ASSIGN_OR_RAISE(place_, Step(place_, c));
      c = ' ';
      ++cut.bytes;
      continue;
    }
    if (place_ == Place::kComma || place_ == Place::kEnd) {
      return Invalid("an object stands where the array has none");
    }
    ARROW_ASSIGN_OR_RAISE(const auto end, EndOfObject(text, cut.bytes, keys));
    if (!end) {
      return at_end ? Invalid("the text ends within an object, so it may be cut short")
                    : Result<Cut>(cut);
    }
    cut.bytes = *end;
    ++cut.count;
    const bool in_array = place_ == Place::kFirst || place_ == Place::kValue;
    place_ = in_array ? Place::kComma : Place::kOutside;
  }
  if (at_end && cut.bytes == text.size()) ARROW_RETURN_NOT_OK(CheckEnd());
  return cut;
}

Result<JsonRecords::Place> JsonRecords::Step(Place place, char c) {
  if (IsBlank(c)) return place;
  if (c == '[' && place == Place::kStart) return Place::kFirst;
  if (c == ',' && place == Place::kComma) return Place::kValue;
  if (c == ']' && (place == Place::kFirst || place == Place::kComma)) return Place::kEnd;
  if (place == Place::kComma) return Invalid("objects of an array have a comma between them");
  return Invalid(c == '[' ? "an object is wanted, and there is an array"
                          : "an object is wanted, and there is another value");
}

Status JsonRecords::CheckEnd() const {
  const bool in_array =
      place_ == Place::kFirst || place_ == Place::kValue || place_ == Place::kComma;
  if (!in_array) return Status::OK();
  return Invalid("the array has no closing bracket, so it may be cut short");
}

}  // namespace arrowport::stream
