#include "http/put_form.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "http/accept_list.h"
#include "http/media_type.h"
#include "http/parameters.h"
#include "http/request.h"
#include "http/target.h"
#include "stream/batch_encoder.h"
#include "stream/content_decoder.h"

namespace arrowport::http {
namespace {

using Field = boost::beast::http::field;
using stream::ContentCoding;
using stream::WireFormat;

struct OtherName {
  std::string_view media_type;
  WireFormat format;
};

// What else than the name of a format is in use for it.
constexpr std::array kOtherNames = {
    OtherName{"application/octet-stream", WireFormat::kArrowStream},
    OtherName{"application/parquet", WireFormat::kParquet},
    OtherName{"application/x-parquet", WireFormat::kParquet},
    OtherName{"application/csv", WireFormat::kCsv},
    OtherName{"application/ndjson", WireFormat::kNdjson},
    OtherName{"application/jsonl", WireFormat::kNdjson},
    OtherName{"application/jsonlines", WireFormat::kNdjson},
    OtherName{"application/x-jsonlines", WireFormat::kNdjson},
};

constexpr std::array kCodings = {ContentCoding::kGzip, ContentCoding::kZstd, ContentCoding::kLz4};

// The value of a media type's parameter, in lower case and without quotes; empty without it.
std::string MediaParameter(std::string_view content_type, std::string_view name) {
  while (true) {
    const size_t next = content_type.find(';');
    if (next == std::string_view::npos) return {};
    content_type.remove_prefix(next + 1);
    const std::string_view pair = content_type.substr(0, content_type.find(';'));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (WithoutParameters(pair.substr(0, equals)) != name) continue;
    std::string value = WithoutParameters(pair.substr(equals + 1));
    std::erase(value, '"');
    return value;
  }
}

Result<WireFormat> FormatOf(const Request& request) {
  const auto name = request.target().Parameter("format");
  if (name.has_value()) return FormatOfName(*name);
  const std::string type = EssenceOf(request.Header(Field::content_type));
  if (IsUnsaid(type)) return WireFormat::kArrowStream;
  for (const stream::WireFormatTraits& traits : stream::WireFormatTable()) {
    if (traits.media_type == type) return traits.format;
  }
  const auto* const other = std::ranges::find(kOtherNames, type, &OtherName::media_type);
  if (other != kOtherNames.end()) return other->format;
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "Content-Type '" + type + "' is not taken; there are: " + ListFormats());
}

// What a Content-Encoding may be.
std::string ListCodings() {
  std::string list;
  for (const ContentCoding coding : kCodings) {
    list += (list.empty() ? "" : ", ") + std::string(NameOf(coding));
  }
  return list;
}

Result<ContentCoding> CodingOf(const Request& request) {
  const std::string name = EssenceOf(request.Header(Field::content_encoding));
  if (name.empty() || name == "identity") return ContentCoding::kIdentity;
  if (name == "x-gzip") return ContentCoding::kGzip;
  for (const ContentCoding coding : kCodings) {
    if (name == NameOf(coding)) return coding;
  }
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "Content-Encoding '" + name + "' is not taken; there are: " + ListCodings());
}

Status CheckCharset(const std::string& content_type) {
  const std::string charset = MediaParameter(content_type, "charset");
  if (charset.empty() || charset == "utf-8" || charset == "us-ascii") return Status::OK();
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "charset '" + charset + "' is not taken; send UTF-8");
}

Status ReadCsvWords(const Request& request, PutForm* form) {
  const std::string header = MediaParameter(request.Header(Field::content_type), "header");
  ARROW_ASSIGN_OR_RAISE(form->has_header,
                        BoolParameter(request.target(), "header", header != "absent"));
  const auto delimiter = request.target().Parameter("delimiter");
  if (!delimiter.has_value()) return Status::OK();
  const bool is_one = delimiter->size() == 1;
  if (!is_one || *delimiter == "\"" || *delimiter == "\n" || *delimiter == "\r") {
    return BadParameter("delimiter", "must be one ASCII character, and no quote");
  }
  form->delimiter = delimiter->front();
  return Status::OK();
}

Status CheckNoCsvWords(const Target& target) {
  for (const std::string_view name : {"header", "delimiter"}) {
    if (target.Parameter(name).has_value()) return BadParameter(name, "is for CSV only");
  }
  return Status::OK();
}

}  // namespace

Result<PutForm> ReadPutForm(const Request& request) {
  PutForm form;
  ARROW_ASSIGN_OR_RAISE(form.format, FormatOf(request));
  ARROW_ASSIGN_OR_RAISE(form.coding, CodingOf(request));
  ARROW_RETURN_NOT_OK(CheckCharset(request.Header(Field::content_type)));
  if (form.format == WireFormat::kCsv) {
    ARROW_RETURN_NOT_OK(ReadCsvWords(request, &form));
  } else {
    ARROW_RETURN_NOT_OK(CheckNoCsvWords(request.target()));
  }
  return form;
}

}  // namespace arrowport::http
