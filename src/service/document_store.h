#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"

namespace arrowport::service {

/// A named text, and which edition of it this is.
struct Document {
  std::string name;
  int64_t version = 0;  ///< 1, 2, … under the same name.
  std::string text;
  int64_t stored_unix_ms = 0;
};

/// Texts that clients name and that outlive the server: they lie in the database, in the table
/// `documents` of the schema engine::kOwnSchema, which is made with the first of them.
///
/// Each store holds its kind in memory too, so that reading costs no statement. Safe to use from
/// many threads; verbs may block for the database.
class DocumentStore {
 public:
  /// `kind` tells the stores of a database apart; `label` is what errors call one of its documents.
  DocumentStore(std::shared_ptr<engine::Database> database, std::string_view kind,
                std::string_view label)
      : database_(std::move(database)), kind_(kind), label_(label) {}

  /// Stores `text` under `name`. The same text again stays the same edition.
  Result<Document> Put(const CallControl& control, std::string_view name, std::string_view text);

  /// kNotFound without one.
  Result<Document> Get(const CallControl& control, std::string_view name);

  /// By name.
  Result<std::vector<Document>> List(const CallControl& control);

  /// Removes every edition. kNotFound without one.
  Status Delete(const CallControl& control, std::string_view name);

 private:
  using Documents = std::map<std::string, Document, std::less<>>;

  Status LoadLocked(const CallControl& control);
  Status Run(const CallControl& control, std::string sql,
             std::vector<std::shared_ptr<arrow::Scalar>> parameters);
  Status NotFound(std::string_view name) const;

  const std::shared_ptr<engine::Database> database_;
  const std::string kind_;
  const std::string label_;

  // Guarded by mutex_, which is held over statements: changes come one by one.
  std::mutex mutex_;
  int64_t loaded_edition_ = 0;  ///< Of the database; 0: none.
  Documents newest_;            ///< Once loaded.
};

}  // namespace arrowport::service
