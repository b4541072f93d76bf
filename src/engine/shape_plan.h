#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/shape.h"
#include "engine/table_read.h"

namespace arrowport::engine {

// What Database says of shapes, see there.

Status CheckShape(const std::shared_ptr<Core>& core, const Shape& shape);

Result<std::string> ComposeShapedRead(const std::shared_ptr<Core>& core, const Shape& shape,
                                      const TableRead& read);

Result<ShapeAudit> ComposeShapeAudit(const std::shared_ptr<Core>& core, const Shape& shape);

}  // namespace arrowport::engine
