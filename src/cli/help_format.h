#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace arrowport::cli {

/// Help texts whose descriptions stand in one column and are wrapped where the terminal ends.
class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(int columns);

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;

 private:
  [[nodiscard]] std::string Entry(const std::string& name, const std::string& description) const;

  const int columns_;
};

/// `text` in lines of at most `width` letters, broken at blanks; later lines begin with `indent`
/// blanks.
std::string Wrapped(const std::string& text, int width, int indent);

}  // namespace arrowport::cli
