#pragma once

#include <memory>

#include "engine/result_stream.h"

namespace arrowport::service {

/// \return `rows` as stream::ToPlain makes them.
std::shared_ptr<engine::ResultStream> MakePlain(std::shared_ptr<engine::ResultStream> rows);

}  // namespace arrowport::service
