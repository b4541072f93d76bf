#pragma once

#include <string>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/data_views.h"

namespace arrowport::engine {

/// Makes `views` in the schema main of `catalog`, in place of those that have their names. No file
/// is opened for it: what is wrong with one is told to who reads its view.
Status MakeDataViews(duckdb::Connection& connection, const std::string& catalog,
                     const std::vector<DataView>& views);

}  // namespace arrowport::engine
