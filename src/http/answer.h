#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrowport::http {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

constexpr int kCreated = 201;
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

/// A whole answer, as a handler makes it.
struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HeaderFields fields;  ///< Others than those of `Head`.
};

// Answers are made by functions or have a name: what is written as {…} among the arguments of a
// coroutine, g++ 12 destroys twice.

/// 204: done, and there is nothing to say.
Answer NoContent();

/// 304: what the client has is what it would get.
Answer NotModified(HeaderFields fields);

/// How a body is told from what follows it.
enum class Framing {
  kNone,        ///< There is none, and nothing to say of one: 204 and 304.
  kLength,      ///< Content-Length
  kChunked,     ///< Transfer-Encoding: chunked
  kConnection,  ///< It ends with the connection: what HTTP/1.0 has for bodies of unknown length.
};

/// What is said of a body that goes out in parts.
struct BodyHead {
  int status = 200;
  std::string content_type;
  std::optional<uint64_t> length = {};  ///< Of all of it; without one it is told by its framing.
  HeaderFields fields = {};             ///< Others than those of `Head`.
};

/// What stands before a body.
struct Head {
  int status = 200;
  std::string_view content_type;
  Framing framing = Framing::kLength;
  uint64_t content_length = 0;  ///< For kLength.
  std::string_view request_id;
  bool keep_alive = true;
  const HeaderFields* fields = nullptr;
};

/// The status line and the header, with Date and Server, down to the empty line.
std::string FormatHead(const Head& head);

}  // namespace arrowport::http
