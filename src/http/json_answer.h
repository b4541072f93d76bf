#pragma once

#include <nlohmann/json.hpp>

#include "http/answer.h"

namespace arrowport::http {

/// 200 with `document`, indented for people. Text that is not UTF-8 is replaced where it is not.
Answer JsonAnswer(const nlohmann::ordered_json& document);

}  // namespace arrowport::http
