#include "http/media_type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using stream::WireFormat;

constexpr std::array kFormats = {WireFormat::kArrowStream, WireFormat::kJson, WireFormat::kNdjson,
                                 WireFormat::kCsv};

// Ranges of one Accept header beyond which the rest is not read.
constexpr size_t kRangesMax = 64;

struct MediaRange {
  std::string type;  // "text/csv", "text/*" or "*/*"
  double quality = 1;
};

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Cuts what is before `separator` off the front of `rest`.
std::string_view Cut(std::string_view* rest, char separator) {
  const size_t end = std::min(rest->find(separator), rest->size());
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return part;
}

double QualityOf(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = Cut(&parameters, ';');
    const std::string name = ToLower(Trim(Cut(&value, '=')));
    if (name != "q") continue;
    value = Trim(value);
    double quality = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), quality);
    // What is no number is not wanted less than anything else, as RFC 9110 does not say.
    if (read.ec != std::errc() || !(quality >= 0 && quality <= 1)) return 1;
    return quality;
  }
  return 1;
}

std::vector<MediaRange> ParseAccept(std::string_view accept) {
  std::vector<MediaRange> ranges;
  while (!accept.empty() && ranges.size() < kRangesMax) {
    std::string_view parameters = Cut(&accept, ',');
    std::string type = ToLower(Trim(Cut(&parameters, ';')));
    if (!type.empty()) ranges.push_back({std::move(type), QualityOf(parameters)});
  }
  return ranges;
}

// 3: the very type, 2: its group, 1: anything, 0: not this one.
int Specificity(std::string_view range, std::string_view type) {
  if (range == type) return 3;
  if (range == "*/*" || range == "*") return 1;
  if (range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1))) return 2;
  return 0;
}

struct Preference {
  double quality = 0;
  int specificity = 0;
  size_t place = 0;

  [[nodiscard]] bool BetterThan(const Preference& other) const {
    return std::tuple(quality, specificity, other.place) >
           std::tuple(other.quality, other.specificity, place);
  }
};

// The most specific range that fits speaks for a type, as RFC 9110 has it.
Preference PreferenceFor(std::string_view type, const std::vector<MediaRange>& ranges) {
  Preference found;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const int specificity = Specificity(ranges[i].type, type);
    if (specificity > found.specificity) found = {ranges[i].quality, specificity, i};
  }
  return found;
}

std::string ListFormats() {
  std::string list;
  for (const WireFormat format : kFormats) {
    const stream::WireFormatTraits& traits = stream::TraitsOf(format);
    if (!list.empty()) list += ", ";
    list += std::string(traits.media_type) + " (format=" + std::string(traits.name) + ")";
  }
  return list;
}

}  // namespace

std::string EssenceOf(std::string_view content_type) {
  return ToLower(Trim(Cut(&content_type, ';')));
}

Status CheckNotCoded(std::string_view content_encoding, std::string_view instead) {
  const std::string coding = EssenceOf(content_encoding);
  if (coding.empty() || coding == "identity") return Status::OK();
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "Content-Encoding '" + coding + "' is not taken; " + std::string(instead));
}

Result<WireFormat> ChooseFormat(std::string_view accept,
                                std::optional<std::string_view> format_name) {
  if (format_name.has_value()) {
    for (const WireFormat format : kFormats) {
      if (stream::TraitsOf(format).name == *format_name) return format;
    }
    return MakeError(ErrorKind::kInvalidInput, "format '" + std::string(*format_name) +
                                                   "' is not known; there are: " + ListFormats());
  }
  const std::vector<MediaRange> ranges = ParseAccept(accept);
  if (ranges.empty()) return WireFormat::kArrowStream;
  std::optional<WireFormat> best;
  Preference best_preference;
  for (const WireFormat format : kFormats) {
    const Preference preference = PreferenceFor(stream::TraitsOf(format).media_type, ranges);
    if (preference.quality > 0 && preference.BetterThan(best_preference)) {
      best = format;
      best_preference = preference;
    }
  }
  if (!best.has_value()) {
    return MakeError(ErrorKind::kNotAcceptable, "nothing of Accept '" + std::string(accept) +
                                                    "' can be made; there are: " + ListFormats());
  }
  return *best;
}

}  // namespace arrowport::http
