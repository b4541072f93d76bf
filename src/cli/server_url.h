#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "client/client.h"

namespace arrowport::cli {

inline constexpr const char* kDefaultUrl = "http://127.0.0.1:8888";

/// Adds `--url`, which is also read from ARROWPORT_URL.
CLI::Option* AddUrl(CLI::App& command, std::string* url);

/// Adds `--auth`, which is also read from ARROWPORT_AUTH.
CLI::Option* AddAuth(CLI::App& command, std::string* auth);

/// Reads NAME:PASSWORD; nothing of an empty text.
Result<std::optional<client::Credentials>> ReadAuth(const std::string& auth);

}  // namespace arrowport::cli
