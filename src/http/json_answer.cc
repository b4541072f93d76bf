#include "http/json_answer.h"

#include "http/answer.h"

namespace arrowport::http {

Answer JsonAnswer(const nlohmann::ordered_json& document) {
  Answer answer;
  answer.body = document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  answer.body += '\n';
  return answer;
}

}  // namespace arrowport::http
