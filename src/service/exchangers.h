#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "service/document_store.h"

namespace arrowport::service {

/// What an exchanger calls the stream that comes in.
inline constexpr std::string_view kExchangerInput = "input";

/// Where an exchanger comes from.
enum class ExchangerOrigin {
  kBuiltIn,
  kConfigured,  ///< It is there as long as the configuration has it.
  kStored,      ///< A client added it; it lies in the database.
};

/// "built-in", "configured", "stored".
std::string_view NameOf(ExchangerOrigin origin);

/// A SELECT with a name, to be run over streams that it calls `input`.
struct Exchanger {
  std::string name;
  std::string sql;
  ExchangerOrigin origin = ExchangerOrigin::kBuiltIn;
  int64_t version = 1;  ///< Of a stored one: 1, 2, … under the same name.
};

/// Names and their SQL, as the configuration has them.
using ExchangerList = std::map<std::string, std::string, std::less<>>;

/// The exchangers of a server. Safe to use from many threads; verbs may block for the database.
///
/// `my_streaming_exchanger` is there from the start; it adds to each row `processed`, which is
/// true. A configured exchanger hides a stored one of its name.
class Exchangers {
 public:
  Exchangers(std::shared_ptr<engine::Database> database, ExchangerList configured)
      : database_(std::move(database)),
        configured_(std::move(configured)),
        stored_(database_, "exchanger", "exchanger") {}

  /// That those of the configuration have names and SQL that make sense. kInvalidInput by name.
  Status CheckConfigured() const;

  /// Stores `sql` under `name`, in place of what was stored there before. kInvalidInput for SQL
  /// that is not one SELECT that reads from `input`; kConflict for names that are not to be had.
  Result<Exchanger> Add(const CallControl& control, std::string_view name, std::string_view sql);

  /// kNotFound without one.
  Result<Exchanger> Find(const CallControl& control, std::string_view name);

  /// By name; the built-in one first.
  Result<std::vector<Exchanger>> List(const CallControl& control);

  /// kNotFound without one, kConflict for one that no client added.
  Status Drop(const CallControl& control, std::string_view name);

 private:
  Status Check(std::string_view name, std::string_view sql) const;
  [[nodiscard]] Status CheckOwnedByClients(std::string_view name, std::string_view verb) const;

  // Constant after construction.
  const std::shared_ptr<engine::Database> database_;
  const ExchangerList configured_;

  DocumentStore stored_;
};

/// Whether `text` has the form of an exchanger's name: up to 128 letters, digits, '_', '-' and
/// '.', the first no digit.
bool IsExchangerName(std::string_view text);

}  // namespace arrowport::service
