#include "http/put_fields.h"

#include <cstdint>
#include <string>

#include "base/error.h"
#include "http/parameters.h"
#include "http/request.h"
#include "service/put.h"

namespace arrowport::http {
namespace {

constexpr const char* kProducer = "Arrowport-Producer";
constexpr const char* kEpoch = "Arrowport-Epoch";
constexpr const char* kSequence = "Arrowport-Sequence";

Result<int64_t> ReadNumber(const char* field, const std::string& text) {
  const auto value = ReadWholeNumber(text, {.min = INT64_MIN});
  if (value) return *value;
  return MakeError(ErrorKind::kInvalidInput, "header field " + std::string(field) +
                                                 " must be a whole number, and is '" + text + "'");
}

}  // namespace

Result<service::ProducerStamp> ReadProducerStamp(const Request& request) {
  service::ProducerStamp stamp;
  stamp.producer = request.Header(kProducer);
  const std::string sequence = request.Header(kSequence);
  const std::string epoch = request.Header(kEpoch);
  if (stamp.producer.empty() && sequence.empty() && epoch.empty()) return stamp;
  if (stamp.producer.empty() || sequence.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "Arrowport-Producer and Arrowport-Sequence belong together, and one is "
                     "missing");
  }
  ARROW_ASSIGN_OR_RAISE(stamp.sequence, ReadNumber(kSequence, sequence));
  if (epoch.empty()) return stamp;
  ARROW_ASSIGN_OR_RAISE(stamp.epoch, ReadNumber(kEpoch, epoch));
  return stamp;
}

Result<std::string> ReadIdempotencyKey(const Request& request) {
  std::string key = request.Header("Idempotency-Key");
  if (key.empty()) return key;
  const bool is_quoted = key.size() >= 2 && key.starts_with('"') && key.ends_with('"');
  if (is_quoted) key = key.substr(1, key.size() - 2);
  if (!key.empty()) return key;
  return MakeError(ErrorKind::kInvalidInput, "header field Idempotency-Key is empty");
}

}  // namespace arrowport::http
