#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/data_source.h"

namespace arrowport::server {

/// Reads the option `parquet_path`: one pattern, whose files are the view `dataset` and a view
/// each. Nothing when it is empty.
Status ReadParquetPath(std::string_view text, std::vector<engine::DataSource>* sources);

/// Reads the option `data`: lines like trips=/lake/trips/*.parquet, each a view.
Status ReadDataViews(std::string_view text, std::vector<engine::DataSource>* sources);

}  // namespace arrowport::server
