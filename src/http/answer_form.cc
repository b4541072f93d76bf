#include "http/answer_form.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/accept_list.h"
#include "http/answer.h"
#include "http/media_type.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using stream::BodyCoding;
using stream::Compression;
using stream::WireFormat;

bool IsArrow(WireFormat format) {
  return format == WireFormat::kArrowStream || format == WireFormat::kArrowFile;
}

Result<Compression> CompressionOfName(std::string_view name) {
  for (const Compression known : {Compression::kNone, Compression::kZstd, Compression::kLz4}) {
    if (stream::NameOf(known) == name) return known;
  }
  return MakeError(ErrorKind::kInvalidInput, "compression '" + std::string(name) +
                                                 "' is not known; there are: none, zstd, lz4");
}

Status CheckHasCompression(WireFormat format) {
  if (IsArrow(format) || format == WireFormat::kParquet) return Status::OK();
  return MakeError(
      ErrorKind::kInvalidInput,
      "the parameter compression is for Arrow and Parquet, and the answer's format is " +
          std::string(stream::TraitsOf(format).name) +
          "; send Accept-Encoding: zstd to have it compressed as a whole");
}

// Forms that are compressed inside, or are read from their end, are not compressed as a whole.
bool MayBeCoded(const stream::EncodeOptions& form) {
  if (form.format == WireFormat::kArrowFile || form.format == WireFormat::kParquet) return false;
  return form.compression == Compression::kNone;
}

BodyCoding CodingOf(std::string_view accept_encoding) {
  double zstd = 0;
  double identity = 0;
  for (const Accepted& coding : ParseAccepted(accept_encoding)) {
    if (coding.name == "zstd") zstd = coding.quality;
    if (coding.name == "identity") identity = coding.quality;
  }
  return zstd > 0 && zstd >= identity ? BodyCoding::kZstd : BodyCoding::kIdentity;
}

}  // namespace

Result<stream::EncodeOptions> ChooseForm(const FormWishes& wishes) {
  ARROW_ASSIGN_OR_RAISE(const AcceptedFormat accepted, ChooseFormat(wishes.accept, wishes.format));
  stream::EncodeOptions form = {.format = accepted.format, .compression = accepted.compression};
  if (wishes.compression.has_value()) {
    ARROW_ASSIGN_OR_RAISE(form.compression, CompressionOfName(*wishes.compression));
    ARROW_RETURN_NOT_OK(CheckHasCompression(form.format));
    return form;
  }
  if (form.format == WireFormat::kParquet) form.compression = Compression::kZstd;
  if (MayBeCoded(form)) form.coding = CodingOf(wishes.accept_encoding);
  return form;
}

std::string ContentTypeOf(const stream::EncodeOptions& form) {
  std::string type(stream::TraitsOf(form.format).media_type);
  if (!IsArrow(form.format) || form.compression == Compression::kNone) return type;
  return type + ";codecs=" + std::string(stream::NameOf(form.compression));
}

HeaderFields FieldsOf(const stream::EncodeOptions& form) {
  HeaderFields fields = {{"Vary", "Accept, Accept-Encoding"}};
  if (form.coding == BodyCoding::kZstd) fields.emplace_back("Content-Encoding", "zstd");
  return fields;
}

}  // namespace arrowport::http
