#pragma once

#include <memory>

#include <arrow/type.h>

namespace arrowport::service {

/// The fields of `schema` that are texts.
std::shared_ptr<arrow::Schema> OnlyTexts(const arrow::Schema& schema);

}  // namespace arrowport::service
