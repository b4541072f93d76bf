#include "http/file_answer.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/buffer.h>
#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "base/limits.h"
#include "http/answer.h"
#include "http/attachment.h"
#include "http/byte_range.h"
#include "http/entity_tag.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/socket.h"
#include "service/table_file.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using Field = boost::beast::http::field;

constexpr int kPartialContent = 206;

HeaderFields FieldsOfVersion(const std::string& tag) {
  return {{"ETag", QuotedTag(tag)}, {"Cache-Control", "no-cache"}, {"Accept-Ranges", "bytes"}};
}

Status CheckExpected(const Request& request, const std::string& tag) {
  const std::string expected = request.Header(Field::if_match);
  if (expected.empty() || HasTag(expected, tag)) return Status::OK();
  return MakeError(ErrorKind::kPreconditionFailed,
                   "the table has changed, or its file was made again: it is " + QuotedTag(tag) +
                       " now, and If-Match says " + expected);
}

Result<std::optional<ByteRange>> WantedRange(const Request& request,
                                             const service::TableFile& file) {
  // Ranges are defined for GET alone.
  if (request.method() != Method::get) return std::nullopt;
  const std::string condition = request.Header(Field::if_range);
  if (condition == "*" || (!condition.empty() && !HasTag(condition, file.tag))) return std::nullopt;
  return ReadRange(request.Header(Field::range), file.content->bytes());
}

BodyHead HeadOf(const service::TableFile& file, const FileTraits& traits,
                const std::optional<ByteRange>& range) {
  const int64_t bytes = range.has_value() ? range->bytes() : file.content->bytes();
  BodyHead head{.content_type = traits.content_type,
                .length = static_cast<uint64_t>(bytes),
                .fields = FieldsOfVersion(file.tag)};
  head.fields.emplace_back("Content-Disposition", Attachment(traits.name));
  if (range.has_value()) {
    head.status = kPartialContent;
    head.fields.emplace_back("Content-Range", ContentRange(*range, file.content->bytes()));
  }
  return head;
}

// The bytes of `range`, behind the head.
Awaitable<Status> SendBytes(Exchange& exchange, const service::TableFile& file, ByteRange range) {
  while (range.bytes() > 0) {
    const int64_t bytes = std::min(range.bytes(), limits::kFilePieceBytes);
    const auto read = [&file, &range, bytes] { return file.content->ReadAt(range.first, bytes); };
    const Result<std::shared_ptr<arrow::Buffer>> piece = co_await exchange.Blocking(read);
    if (!piece.ok()) co_return piece.status();
    range.first += bytes;
    const stream::Buffers part(1, *piece);
    const Status sent = co_await exchange.WriteBody(part);
    if (!sent.ok()) co_return sent;
  }
  co_return co_await exchange.EndBody({});
}

}  // namespace

Awaitable<Result<bool>> AnswerUnchanged(Exchange& exchange, const std::string& version) {
  const auto tag = TagOfVersion(exchange.request().Header(Field::if_none_match), version);
  if (!tag.has_value()) co_return false;
  const Status sent = co_await exchange.Send(NotModified(FieldsOfVersion(*tag)));
  if (!sent.ok()) co_return sent;
  co_return true;
}

Awaitable<Status> AnswerFile(Exchange& exchange, const service::TableFile& file,
                             const FileTraits& traits) {
  const Status expected = CheckExpected(exchange.request(), file.tag);
  if (!expected.ok()) co_return expected;
  const auto range = WantedRange(exchange.request(), file);
  if (!range.ok()) {
    exchange.AddToProblem("Content-Range", ContentRange(file.content->bytes()));
    co_return range.status();
  }
  exchange.BeginBody(HeadOf(file, traits, *range));
  if (exchange.request().method() == Method::head) co_return co_await exchange.EndBody({});
  const ByteRange all{.first = 0, .last = file.content->bytes() - 1};
  co_return co_await SendBytes(exchange, file, range->value_or(all));
}

}  // namespace arrowport::http
