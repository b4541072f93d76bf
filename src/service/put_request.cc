#include "service/put_request.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <arrow/util/utf8.h>

#include "access/caller.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/table.h"
#include "service/put.h"
#include "service/router.h"

namespace arrowport::service {
namespace {

constexpr size_t kStreamNameBytesMax = 512;

Status CheckProducer(const ProducerStamp& stamp) {
  if (stamp.producer.size() > kStreamNameBytesMax) {
    return MakeError(ErrorKind::kInvalidInput, "a producer's name has at most " +
                                                   std::to_string(kStreamNameBytesMax) + " bytes");
  }
  ARROW_RETURN_NOT_OK(CheckUtf8(stamp.producer, "the producer's name"));
  if (stamp.is_key()) {
    return MakeError(ErrorKind::kInvalidInput, "a producer's name begins with no control byte");
  }
  if (stamp.sequence < 1 || stamp.epoch < 0) {
    return MakeError(ErrorKind::kInvalidInput,
                     "a producer's sequence begins with 1, and its epoch with 0");
  }
  return Status::OK();
}

Status CheckIsForPuts(const engine::TableName& table) {
  if (engine::IsSameName(table.schema, engine::kOwnSchema)) {
    return MakeError(ErrorKind::kForbidden,
                     "schema " + table.schema + " is arrowport's own; no puts land there");
  }
  for (const std::string* part : {&table.catalog, &table.schema}) {
    if (!engine::IsSameName(*part, "temp") && !engine::IsSameName(*part, "system")) continue;
    return MakeError(ErrorKind::kForbidden, "'" + *part + "' is DuckDB's own; no puts land there");
  }
  return Status::OK();
}

Status CheckKey(const PutRequest& request) {
  const std::string& key = request.idempotency_key;
  if (key.empty()) return Status::OK();
  if (request.stamp.is_set()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "a put has an Idempotency-Key or a producer's sequence, not both");
  }
  if (key.size() > kStreamNameBytesMax) {
    return MakeError(ErrorKind::kInvalidInput, "an Idempotency-Key has at most " +
                                                   std::to_string(kStreamNameBytesMax) + " bytes");
  }
  return CheckUtf8(key, "the Idempotency-Key");
}

Result<engine::TableName> NameOfTable(const PutRequest& request, const Route& route) {
  if (!request.table.empty()) return engine::TableName::Parse(request.table);
  if (route.rule != nullptr) return route.rule->TableOf(request.stream);
  return engine::TableName::Parse(request.stream);
}

}  // namespace

// DuckDB takes names of any bytes, and then cannot list what has them.
Status CheckUtf8(std::string_view text, std::string_view what) {
  arrow::util::InitializeUTF8();
  if (arrow::util::ValidateUTF8(text)) return Status::OK();
  return MakeError(ErrorKind::kInvalidInput, std::string(what) + " is not valid UTF-8");
}

Status CheckStreamName(std::string_view stream) {
  if (stream.empty()) {
    return MakeError(ErrorKind::kInvalidInput, "the stream has no name; put one in the request");
  }
  if (stream.size() > kStreamNameBytesMax) {
    return MakeError(ErrorKind::kTooLarge, "the stream's name is longer than " +
                                               std::to_string(kStreamNameBytesMax) + " bytes");
  }
  return CheckUtf8(stream, "the stream's name");
}

Status CheckStamp(const PutRequest& request) {
  if (request.stamp.is_set()) ARROW_RETURN_NOT_OK(CheckProducer(request.stamp));
  return CheckKey(request);
}

Result<engine::TableName> TableOf(const PutRequest& request, const Route& route) {
  ARROW_ASSIGN_OR_RAISE(engine::TableName table, NameOfTable(request, route));
  ARROW_RETURN_NOT_OK(CheckIsForPuts(table));
  return table;
}

ProducerStamp StampOf(const access::Caller& caller, const PutRequest& request) {
  if (request.idempotency_key.empty()) return request.stamp;
  ProducerStamp stamp;
  stamp.producer = ProducerStamp::kKeyMark + caller.name + ProducerStamp::kKeyMark;
  stamp.producer += request.idempotency_key;
  stamp.sequence = 1;
  return stamp;
}

}  // namespace arrowport::service
