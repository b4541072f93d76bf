#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

/// The media type of a `Content-Type` without its parameters, in lower case: "text/plain" of
/// "Text/Plain; charset=utf-8". Empty for an empty one.
std::string EssenceOf(std::string_view content_type);

/// Whether a client said nothing of its body: what `EssenceOf` gave is empty, or the type that curl
/// names when it is told none.
bool IsUnsaid(std::string_view essence);

/// That a body is sent as it is, by its `Content-Encoding`.
/// \return kUnsupportedMedia for one that is coded, with `instead` as what to do.
Status CheckNotCoded(std::string_view content_encoding, std::string_view instead);

/// All formats with their names, for messages: "text/csv (format=csv), …".
std::string ListFormats();

/// The format of a query parameter `format`; kInvalidInput for one that is not known.
Result<stream::WireFormat> FormatOfName(std::string_view name);

/// A format, and what a request allows of it besides.
struct AcceptedFormat {
  stream::WireFormat format = stream::WireFormat::kArrowStream;

  /// The first codec of the parameter `codecs` that can be made, as Arrow's conventions for HTTP
  /// have it; kNone without one, and for formats that are not Arrow's.
  stream::Compression compression = stream::Compression::kNone;
};

/// The format that answers a request best.
///
/// `format_name` (the query parameter `format`) decides alone when it is there. Otherwise the
/// highest q-value of `accept` does; among equals what is named exactly goes before `type/*`, and
/// that before `*/*`, then what `accept` names first, then the order of stream::WireFormat, so that
/// an Arrow stream is what callers get who do not care. An empty `accept` takes anything. Of one
/// type with and without a codec that can be made, at equal q, the former counts.
/// \return kInvalidInput for a `format_name` that is not known, kNotAcceptable when nothing fits;
/// both list what there is.
Result<AcceptedFormat> ChooseFormat(std::string_view accept,
                                    std::optional<std::string_view> format_name);

}  // namespace arrowport::http
