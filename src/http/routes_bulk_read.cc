#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "http/answer.h"
#include "http/answer_form.h"
#include "http/bulk_read_request.h"
#include "http/entity_tag.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/request.h"
#include "http/rows_answer.h"
#include "http/socket.h"
#include "http/target.h"
#include "service/schema_registry.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using Field = boost::beast::http::field;

// JSON for those who take nothing that is on offer.
Result<stream::EncodeOptions> ChooseBulkForm(const Request& request) {
  FormWishes wishes = WishesOf(request);
  auto form = ChooseForm(wishes);
  if (form.ok() || KindOf(form.status()) != ErrorKind::kNotAcceptable) return form;
  wishes.accept = "application/json";
  return ChooseForm(wishes);
}

// What tells one answer with the rows of a version from another.
std::string KeyOf(const Target& target, const stream::EncodeOptions& form) {
  std::string text = ContentTypeOf(form);
  const auto add = [&text](const std::string& name, const std::string& value) {
    text.append(1, '\0').append(name).append(1, '\0').append(value);
  };
  for (const auto& [name, value] : target.parameters) add(name, value);
  for (const auto& [name, value] : FieldsOf(form)) add(name, value);
  return std::to_string(std::hash<std::string>()(text));
}

std::string CacheControl(std::chrono::milliseconds age) {
  if (age.count() == 0) return "no-cache";
  return "max-age=" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

// Weak: the same rows need not be the same bytes.
HeaderFields FieldsOfTag(const Exchange& exchange, const std::string& tag) {
  return {{"ETag", "W/" + QuotedTag(tag)},
          {"Cache-Control", CacheControl(exchange.options().bulk_read_max_age)}};
}

Awaitable<Status> SayUnchanged(Exchange& exchange, const std::string& tag,
                               const stream::EncodeOptions& form) {
  HeaderFields fields = FieldsOfTag(exchange, tag);
  for (auto& field : FieldsOf(form)) {
    if (field.first == "Vary") fields.push_back(std::move(field));
  }
  co_return co_await exchange.Send(NotModified(std::move(fields)));
}

}  // namespace

Awaitable<Status> BulkRead(Exchange& exchange) {
  const Request& request = exchange.request();
  const Result<BulkReadTarget> target = ReadBulkReadTarget(request.target());
  if (!target.ok()) co_return target.status();
  const Result<stream::EncodeOptions> form = ChooseBulkForm(request);
  if (!form.ok()) co_return form.status();
  const auto ask_version = [&exchange] {
    return exchange.service().schemas().RowsVersion(exchange.call(), exchange.path_parameter());
  };
  const Result<std::optional<std::string>> asked = co_await exchange.Blocking(ask_version);
  if (!asked.ok()) co_return asked.status();
  const std::optional<std::string>& version = *asked;
  RowsWanted wanted = {.form = *form, .timeout = target->timeout};
  if (version.has_value()) {
    const std::string beginning = *version + "-" + KeyOf(request.target(), *form);
    const auto known = TagOfVersion(request.Header(Field::if_none_match), beginning);
    if (known.has_value()) co_return co_await SayUnchanged(exchange, *known, *form);
    wanted.fields = FieldsOfTag(exchange, beginning + "-rows");
  } else {
    wanted.fields = {{"Cache-Control", "no-store"}};
  }
  const auto ask = [name = exchange.path_parameter(), bulk_read = target->request](
                       service::Service& service, const service::Call& call) {
    return service.schemas().Read(call, name, bulk_read);
  };
  co_return co_await AnswerRows(exchange, std::move(wanted), ask);
}

}  // namespace arrowport::http
