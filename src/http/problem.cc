#include "http/problem.h"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/answer.h"

namespace arrowport::http {
namespace {

// Long enough not to hammer, short enough not to be noticed.
constexpr std::string_view kRetryAfterSeconds = "1";

}  // namespace

Answer MakeProblem(const Status& status, std::string_view instance, std::string_view request_id) {
  const ErrorTraits& traits = TraitsOf(KindOf(status));
  nlohmann::ordered_json problem;
  problem["type"] = "urn:arrowport:problem:" + std::string(traits.slug);
  problem["title"] = traits.title;
  problem["status"] = traits.http_status;
  problem["detail"] = status.message();
  if (!instance.empty()) problem["instance"] = instance;
  problem["request_id"] = request_id;

  Answer answer;
  answer.status = traits.http_status;
  answer.content_type = "application/problem+json";
  // Messages may quote what a client sent, which need not be UTF-8.
  answer.body = problem.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  answer.body += '\n';
  if (traits.kind == ErrorKind::kOverloaded || traits.kind == ErrorKind::kUnavailable ||
      traits.kind == ErrorKind::kStorageFull) {
    answer.fields.emplace_back("Retry-After", kRetryAfterSeconds);
  }
  return answer;
}

}  // namespace arrowport::http
