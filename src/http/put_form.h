#pragma once

#include "base/error.h"
#include "http/request.h"
#include "stream/batch_encoder.h"
#include "stream/content_decoder.h"

namespace arrowport::http {

/// What the body of a put is.
struct PutForm {
  stream::WireFormat format = stream::WireFormat::kArrowStream;
  stream::ContentCoding coding = stream::ContentCoding::kIdentity;
  bool has_header = true;  ///< Of CSV: its first row has the columns' names.
  char delimiter = ',';    ///< Of CSV.
};

/// The form that the query parameter `format` names, or else `Content-Type` (an Arrow stream when
/// that says nothing; other names that are in use for a format are known), in the coding of
/// `Content-Encoding`. `header` and `delimiter`, or the parameter `header` of text/csv (RFC 4180),
/// say more of CSV.
/// \return kUnsupportedMedia for a type, charset or coding that is not taken, kInvalidInput for a
///   query parameter that makes no sense; both say what there is.
Result<PutForm> ReadPutForm(const Request& request);

}  // namespace arrowport::http
