#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arrowport::http {

/// One element of a field that tells what the client takes: `Accept`, `Accept-Encoding`.
struct Accepted {
  std::string name;  ///< In lower case: "text/csv", "text/*", "zstd".
  double quality = 1;
  std::string codecs;  ///< The parameter `codecs`, in lower case and without its quotes.
};

/// The elements of `field` in their order, 64 at most. A weight that is no number between 0 and 1
/// counts as 1, and what else cannot be read is left out: a field is never refused.
std::vector<Accepted> ParseAccepted(std::string_view field);

/// The elements of a list like the value of `codecs`, without the empty ones.
std::vector<std::string_view> SplitList(std::string_view list);

/// An element's name alone, in lower case: what stands before its parameters.
std::string WithoutParameters(std::string_view element);

}  // namespace arrowport::http
