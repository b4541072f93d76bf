#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/answer.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

/// What a request says about the form of the rows that answer it.
struct FormWishes {
  std::string accept;                           ///< The field `Accept`.
  std::string accept_encoding;                  ///< The field `Accept-Encoding`.
  std::optional<std::string_view> format;       ///< The query parameter `format`.
  std::optional<std::string_view> compression;  ///< The query parameter `compression`.
};

/// The form that fits `wishes` best: ChooseFormat's format, and one compression at most.
///
/// `compression` decides when it is there: over the buffers of Arrow's forms, or over the pages of
/// Parquet, which have zstd without it; `none` leaves an Arrow stream as it is altogether.
/// Otherwise the codecs that `accept` names for an Arrow form are over its buffers. Otherwise
/// `accept_encoding`, if it names zstd and does not like identity better, puts JSON, NDJSON, CSV
/// and Arrow streams into zstd as a whole.
/// \return kInvalidInput for a `compression` that is not known or that the format has none of, and
///   the errors of ChooseFormat.
Result<stream::EncodeOptions> ChooseForm(const FormWishes& wishes);

/// `Content-Type` of a body in `form`, with the codec of its buffers.
std::string ContentTypeOf(const stream::EncodeOptions& form);

/// The other header fields that belong to a body in `form`.
HeaderFields FieldsOf(const stream::EncodeOptions& form);

}  // namespace arrowport::http
