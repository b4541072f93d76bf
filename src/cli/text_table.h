#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace arrowport::cli {

enum class Align { kLeft, kRight };

struct TextColumn {
  std::string title;
  std::string type = {};  ///< Shown under the title; no such line when all are empty.
  Align align = Align::kLeft;
  bool may_shorten = false;  ///< Whether cells make sense without their end, as text does.
};

/// A table of texts, each fit for one line (`OneLine`).
struct TextTable {
  std::vector<TextColumn> columns;
  std::vector<std::vector<std::string>> rows;  ///< As many cells each as there are columns.
  std::optional<size_t> gap_before;            ///< Row before which other rows were left out.
  std::optional<std::string> faint_cell = {};  ///< Cells of this text stand for no value.
};

struct RenderedTable {
  std::string text;  ///< Whole lines.
  size_t columns_shown = 0;
};

/// Draws `table` no wider than `terminal`: what may be shortened is, and then columns in the middle
/// are left out.
RenderedTable Render(const TextTable& table, const Terminal& terminal);

}  // namespace arrowport::cli
