#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "server/options.h"

namespace arrowport::server {

/// Reads the options that the YAML file `path` gives. Keys may be nested or joined with dots:
/// `http: {port: 1}` and `http.port: 1` are the same.
/// \return kNotFound for a file that is not there; kInvalidInput, with file and line, for text that
/// is no YAML, a key that nothing knows (naming the one that was probably meant), a key given
/// twice, and a value that is not a plain one.
Result<GivenOptions> ReadConfigFile(const std::string& path);

/// The same for text that is already in memory; `path` is for messages.
Result<GivenOptions> ReadConfigText(const std::string& text, std::string_view path);

}  // namespace arrowport::server
