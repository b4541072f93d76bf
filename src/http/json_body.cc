#include "http/json_body.h"

#include <string>
#include <string_view>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "http/media_type.h"
#include "http/request.h"

namespace arrowport::http {

Status CheckJsonBody(const Request& request, std::string_view what) {
  using Field = boost::beast::http::field;
  const std::string type = EssenceOf(request.Header(Field::content_type));
  if (IsUnsaid(type) || type == "application/json") {
    return CheckNotCoded(request.Header(Field::content_encoding),
                         "send " + std::string(what) + " as it is");
  }
  return MakeError(ErrorKind::kUnsupportedMedia, "Content-Type '" + type + "' is no form of " +
                                                     std::string(what) + "; send application/json");
}

}  // namespace arrowport::http
