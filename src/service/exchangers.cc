#include "service/exchangers.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "service/document_store.h"

namespace arrowport::service {
namespace {

constexpr std::string_view kBuiltInName = "my_streaming_exchanger";
constexpr std::string_view kBuiltInSql = "SELECT *, true AS processed FROM input";

// As long as any name of a table that people write.
constexpr size_t kNameBytesMax = 128;

Exchanger BuiltIn() { return {.name = std::string(kBuiltInName), .sql = std::string(kBuiltInSql)}; }

Exchanger ExchangerOf(Document document) {
  return {.name = std::move(document.name),
          .sql = std::move(document.text),
          .origin = ExchangerOrigin::kStored,
          .version = document.version};
}

std::string Called(std::string_view name) { return "exchanger '" + std::string(name) + "'"; }

}  // namespace

std::string_view NameOf(ExchangerOrigin origin) {
  switch (origin) {
    case ExchangerOrigin::kBuiltIn:
      return "built-in";
    case ExchangerOrigin::kConfigured:
      return "configured";
    case ExchangerOrigin::kStored:
      return "stored";
  }
  return "";
}

bool IsExchangerName(std::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  const bool begins_well = IsLetter(text.front()) || text.front() == '_';
  return begins_well && std::ranges::all_of(text, IsNameByte);
}

Status Exchangers::Check(std::string_view name, std::string_view sql) const {
  if (!IsExchangerName(name)) {
    return MakeError(ErrorKind::kInvalidInput,
                     "an exchanger's name is 1 to " + std::to_string(kNameBytesMax) +
                         " letters, digits, '_', '-' and '.', of which a letter or '_' is first");
  }
  const engine::Statement statement = {.sql = std::string(sql), .parameters = {}};
  return WithContext(Called(name),
                     database_->CheckSelectsFrom(statement, std::string(kExchangerInput)));
}

Status Exchangers::CheckConfigured() const {
  for (const auto& [name, sql] : configured_) {
    if (name == kBuiltInName) {
      return MakeError(ErrorKind::kInvalidInput,
                       Called(name) +
                           " is built in; give the one in the configuration another "
                           "name");
    }
    ARROW_RETURN_NOT_OK(Check(name, sql));
  }
  return Status::OK();
}

Status Exchangers::CheckOwnedByClients(std::string_view name, std::string_view verb) const {
  if (name == kBuiltInName) {
    return MakeError(ErrorKind::kConflict, Called(name) + " is built in and cannot be " +
                                               std::string(verb) + "; take another name");
  }
  if (configured_.contains(name)) {
    return MakeError(ErrorKind::kConflict, Called(name) + " is in the server's configuration and " +
                                               "can be " + std::string(verb) + " only there");
  }
  return Status::OK();
}

Result<Exchanger> Exchangers::Add(const CallControl& control, std::string_view name,
                                  std::string_view sql) {
  ARROW_RETURN_NOT_OK(CheckOwnedByClients(name, "replaced"));
  ARROW_RETURN_NOT_OK(Check(name, sql));
  ARROW_ASSIGN_OR_RAISE(Document document, stored_.Put(control, name, sql));
  return ExchangerOf(std::move(document));
}

Result<Exchanger> Exchangers::Find(const CallControl& control, std::string_view name) {
  if (name == kBuiltInName) return BuiltIn();
  if (const auto found = configured_.find(name); found != configured_.end()) {
    return Exchanger{
        .name = found->first, .sql = found->second, .origin = ExchangerOrigin::kConfigured};
  }
  auto document = stored_.Get(control, name);
  if (document.ok()) return ExchangerOf(*std::move(document));
  if (KindOf(document.status()) != ErrorKind::kNotFound) return document.status();
  return MakeError(ErrorKind::kNotFound, document.status().message() +
                                             "; list_exchanges and GET "
                                             "/exchangers list them");
}

Result<std::vector<Exchanger>> Exchangers::List(const CallControl& control) {
  std::vector<Exchanger> exchangers = {BuiltIn()};
  for (const auto& [name, sql] : configured_) {
    exchangers.push_back({.name = name, .sql = sql, .origin = ExchangerOrigin::kConfigured});
  }
  ARROW_ASSIGN_OR_RAISE(auto documents, stored_.List(control));
  for (Document& document : documents) {
    if (configured_.contains(document.name)) continue;
    exchangers.push_back(ExchangerOf(std::move(document)));
  }
  std::sort(exchangers.begin() + 1, exchangers.end(),
            [](const Exchanger& a, const Exchanger& b) { return a.name < b.name; });
  return exchangers;
}

Status Exchangers::Drop(const CallControl& control, std::string_view name) {
  ARROW_RETURN_NOT_OK(CheckOwnedByClients(name, "dropped"));
  return stored_.Delete(control, name);
}

}  // namespace arrowport::service
