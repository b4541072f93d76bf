#pragma once

#include <string>
#include <string_view>

namespace arrowport::http {

/// The field `Content-Disposition` for a body that is saved as `file_name`, which is UTF-8 and may
/// hold anything: what could be read as more than a name is replaced.
std::string Attachment(std::string_view file_name);

}  // namespace arrowport::http
