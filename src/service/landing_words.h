#pragma once

#include <string_view>

#include "base/error.h"
#include "service/put.h"
#include "service/router.h"
#include "service/stream_rule.h"

namespace arrowport::service {

// How rows land, in the words of a rule: `mode`, `on_schema_change` and `on_bad_rows` have a few
// that they take; `key`, `order_by` and `delete_column` name columns.

/// Whether `key` is one with words of its own.
bool HasWords(std::string_view key);

/// Does in `rule` what `word` says for such a key. kInvalidInput, which names the words there are.
Status SetByWord(StreamRule& rule, std::string_view key, std::string_view word);

/// What they may say only together. kInvalidInput.
Status CheckTogether(const StreamRule& rule);

/// `route` with what one put wants of those keys in place of what its rule says. Several names
/// stand with commas between them. kInvalidInput for another key, which names those there are, and
/// for what makes no sense.
Result<Route> WithOptions(Route route, const LandingOptions& options);

}  // namespace arrowport::service
