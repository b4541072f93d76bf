#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <CLI/App.hpp>

#include "server/options.h"

namespace arrowport::cli {

/// The server's options as flags of one command.
class OptionFlags {
 public:
  /// Adds a flag for every row of the option table.
  static std::shared_ptr<OptionFlags> AddTo(CLI::App& command);

  /// Those that were given, once the command line is parsed.
  [[nodiscard]] server::GivenOptions Given() const;

 private:
  std::map<std::string_view, std::string> texts_;
  const CLI::App* command_ = nullptr;
};

}  // namespace arrowport::cli
