#include "flight/ingest_actions.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/event.h"
#include "flight/flight_call.h"
#include "flight/json_values.h"
#include "service/put.h"
#include "service/put_answer.h"
#include "service/service.h"
#include "service/staged_ingests.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

/// What the body of an action says. An action that has no use for a member refuses its key.
struct IngestBody {
  std::string stream;
  std::string ingest;
  std::optional<int64_t> number;
};

struct IngestKeys {
  bool has_ingest = true;
  const char* number = nullptr;  // A whole number that may be left out.
};

Status ReadNumber(const std::string& key, const Json& value, std::optional<int64_t>* number) {
  if (!value.is_number_integer() || value < 1 || value > UINT32_MAX) {
    return Invalid("\"" + key + "\" must be a whole number, 1 or more");
  }
  *number = value.get<int64_t>();
  return Status::OK();
}

Result<IngestBody> ReadBody(std::string_view text, const IngestKeys& keys) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return Invalid("the body is no JSON object; send {\"stream_name\": \"…\"" +
                   std::string(keys.has_ingest ? ", \"ingest\": \"…\"}" : "}"));
  }
  IngestBody body;
  for (const auto& [key, value] : json.items()) {
    if (key == "stream_name") {
      ARROW_RETURN_NOT_OK(ReadName(key, value, &body.stream));
    } else if (key == "ingest" && keys.has_ingest) {
      ARROW_RETURN_NOT_OK(ReadName(key, value, &body.ingest));
    } else if (keys.number != nullptr && key == keys.number) {
      ARROW_RETURN_NOT_OK(ReadNumber(key, value, &body.number));
    } else {
      return Invalid("unknown key \"" + key + "\"");
    }
  }
  if (body.stream.empty()) return Invalid("\"stream_name\" is missing");
  if (body.ingest.empty() && keys.has_ingest) return Invalid("\"ingest\" is missing");
  return body;
}

// Names come from clients and may be any bytes.
Texts ToTexts(const nlohmann::ordered_json& json) {
  return {json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

Result<Texts> BeginIngest(FlightCall& call, std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const IngestBody body,
                        ReadBody(text, {.has_ingest = false, .number = "lifetime_ms"}));
  std::optional<std::chrono::milliseconds> lifetime;
  if (body.number) lifetime = std::chrono::milliseconds(*body.number);
  ARROW_ASSIGN_OR_RAISE(const auto begun,
                        call.service().ingests().Begin(call.ForService(), body.stream, lifetime));
  return ToTexts(service::IngestAnswer(begun));
}

Result<Texts> CommitIngest(FlightCall& call, std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const IngestBody body, ReadBody(text, {.number = "parts"}));
  const auto commit = [&](service::PutDone done) {
    call.service().CommitIngest(call.ForService(), {.stream = body.stream, .id = body.ingest},
                                body.number, std::move(done));
  };
  ARROW_ASSIGN_OR_RAISE(const auto summary, WaitForAnswer<Result<service::PutSummary>>(commit));
  return ToTexts(service::PutAnswer(summary));
}

Result<Texts> AbortIngest(FlightCall& call, std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const IngestBody body, ReadBody(text, {}));
  ARROW_RETURN_NOT_OK(call.service().ingests().Abort(call.ForService(), body.stream, body.ingest));
  return ToTexts({{"aborted", body.ingest}});
}

}  // namespace arrowport::flight
