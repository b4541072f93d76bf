#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace arrowport::cli {

inline constexpr const char* kDefaultUrl = "http://127.0.0.1:8888";

/// Adds `--url`, which is also read from ARROWPORT_URL.
CLI::Option* AddUrl(CLI::App& command, std::string* url);

}  // namespace arrowport::cli
