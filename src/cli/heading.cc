#include "cli/heading.h"

#include <iostream>
#include <string>

#include "cli/terminal.h"

namespace arrowport::cli {

void PrintHeading(const std::string& text, const std::string& more) {
  const Terminal terminal = StandardOutput();
  std::cout << '\n'
            << Painted(terminal, Paint::kBold, text) << '\n'
            << Painted(terminal, Paint::kDim, more) << '\n'
            << std::flush;
}

}  // namespace arrowport::cli
