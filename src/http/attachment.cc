#include "http/attachment.h"

#include <string>
#include <string_view>

namespace arrowport::http {
namespace {

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

void AddEncoded(std::string* text, char c) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  text->push_back('%');
  text->push_back(kDigits[byte >> 4]);
  text->push_back(kDigits[byte & 15]);
}

}  // namespace

// RFC 6266: a name in ASCII for everybody, and the whole name for who reads `filename*`.
std::string Attachment(std::string_view file_name) {
  std::string plain;
  std::string encoded;
  for (const char c : file_name) {
    // A name that begins with a dot would be hidden, or the folder above.
    const bool leads = plain.empty() && c == '.';
    plain.push_back(IsPlain(c) && !leads ? c : '_');
    if (IsPlain(c) && !leads) {
      encoded.push_back(c);
    } else if (leads || c == '/' || c == '\\') {
      encoded.push_back('_');
    } else {
      AddEncoded(&encoded, c);
    }
  }
  std::string field = "attachment; filename=\"" + plain + "\"";
  if (encoded != plain) field += "; filename*=UTF-8''" + encoded;
  return field;
}

}  // namespace arrowport::http
