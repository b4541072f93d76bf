#include "http/media_type.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "http/accept_list.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using stream::Compression;
using stream::WireFormat;

// 3: the very type, 2: its group, 1: anything, 0: not this one.
int Specificity(std::string_view range, std::string_view type) {
  if (range == type) return 3;
  if (range == "*/*" || range == "*") return 1;
  if (range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1))) return 2;
  return 0;
}

Compression CompressionOf(WireFormat format, const Accepted& range) {
  if (format != WireFormat::kArrowStream && format != WireFormat::kArrowFile) {
    return Compression::kNone;
  }
  for (const std::string_view codec : SplitList(range.codecs)) {
    if (codec == stream::NameOf(Compression::kZstd)) return Compression::kZstd;
    if (codec == stream::NameOf(Compression::kLz4)) return Compression::kLz4;
  }
  return Compression::kNone;
}

struct Preference {
  double quality = 0;
  int specificity = 0;
  Compression compression = Compression::kNone;
  size_t place = 0;

  // Of two formats.
  [[nodiscard]] bool BetterThan(const Preference& other) const {
    return std::tuple(quality, specificity, other.place) >
           std::tuple(other.quality, other.specificity, place);
  }

  // Of two ranges for one format. The most specific range speaks for a type, as RFC 9110 has it.
  [[nodiscard]] bool SpeaksBefore(const Preference& other) const {
    return std::tuple(specificity, quality, compression != Compression::kNone) >
           std::tuple(other.specificity, other.quality, other.compression != Compression::kNone);
  }
};

Preference PreferenceFor(const stream::WireFormatTraits& traits,
                         const std::vector<Accepted>& ranges) {
  Preference found;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const int specificity = Specificity(ranges[i].name, traits.media_type);
    if (specificity == 0) continue;
    // What allows any type says nothing about the codecs of one.
    const Compression compression =
        specificity == 3 ? CompressionOf(traits.format, ranges[i]) : Compression::kNone;
    const Preference preference = {ranges[i].quality, specificity, compression, i};
    if (preference.SpeaksBefore(found)) found = preference;
  }
  return found;
}

}  // namespace

std::string EssenceOf(std::string_view content_type) { return WithoutParameters(content_type); }

bool IsUnsaid(std::string_view essence) {
  return essence.empty() || essence == "application/x-www-form-urlencoded";
}

Status CheckNotCoded(std::string_view content_encoding, std::string_view instead) {
  const std::string coding = EssenceOf(content_encoding);
  if (coding.empty() || coding == "identity") return Status::OK();
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "Content-Encoding '" + coding + "' is not taken; " + std::string(instead));
}

std::string ListFormats() {
  std::string list;
  for (const stream::WireFormatTraits& traits : stream::WireFormatTable()) {
    if (!list.empty()) list += ", ";
    list += std::string(traits.media_type) + " (format=" + std::string(traits.name) + ")";
  }
  return list;
}

Result<stream::WireFormat> FormatOfName(std::string_view name) {
  for (const stream::WireFormatTraits& traits : stream::WireFormatTable()) {
    if (traits.name == name) return traits.format;
  }
  return MakeError(ErrorKind::kInvalidInput,
                   "format '" + std::string(name) + "' is not known; there are: " + ListFormats());
}

Result<AcceptedFormat> ChooseFormat(std::string_view accept,
                                    std::optional<std::string_view> format_name) {
  if (format_name.has_value()) {
    ARROW_ASSIGN_OR_RAISE(const WireFormat format, FormatOfName(*format_name));
    return AcceptedFormat{.format = format};
  }
  const std::vector<Accepted> ranges = ParseAccepted(accept);
  if (ranges.empty()) return AcceptedFormat();
  std::optional<AcceptedFormat> best;
  Preference best_preference;
  for (const stream::WireFormatTraits& traits : stream::WireFormatTable()) {
    const Preference preference = PreferenceFor(traits, ranges);
    if (preference.quality > 0 && preference.BetterThan(best_preference)) {
      best = AcceptedFormat{.format = traits.format, .compression = preference.compression};
      best_preference = preference;
    }
  }
  if (best.has_value()) return *best;
  return MakeError(ErrorKind::kNotAcceptable, "nothing of Accept '" + std::string(accept) +
                                                  "' can be made; there are: " + ListFormats());
}

}  // namespace arrowport::http
