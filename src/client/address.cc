#include "client/address.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace arrowport::client {
namespace {

constexpr uint16_t kHttpPort = 8888;
constexpr uint16_t kGrpcPort = 8889;

Status Invalid(std::string_view url, std::string_view what) {
  return MakeError(ErrorKind::kInvalidInput, "'" + std::string(url) + "' " + std::string(what) +
                                                 "; write http://host:port or grpc://host:port");
}

Result<Scheme> ReadScheme(std::string_view url, std::string_view name) {
  if (name == "http") return Scheme::kHttp;
  if (name == "grpc" || name == "grpc+tcp") return Scheme::kGrpc;
  if (name == "https" || name == "grpc+tls") {
    return MakeError(ErrorKind::kNotImplemented,
                     "'" + std::string(url) + "': connections with TLS are not implemented yet");
  }
  return Invalid(url, "has no scheme that is known");
}

Result<uint16_t> ReadPort(std::string_view url, std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || read != end || port == 0) {
    return Invalid(url, "has a port that is not one of 1 to 65535");
  }
  return port;
}

}  // namespace

std::string Address::Authority() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Address::ToString() const {
  return (scheme == Scheme::kHttp ? "http://" : "grpc://") + Authority();
}

Result<Address> ParseAddress(std::string_view url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return Invalid(url, "is no URL");
  Address address;
  ARROW_ASSIGN_OR_RAISE(address.scheme, ReadScheme(url, url.substr(0, scheme_end)));
  std::string_view rest = url.substr(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return Invalid(url, "has more than a host and a port");
  }
  const bool bracketed = rest.starts_with('[');
  const size_t host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == std::string_view::npos) return Invalid(url, "lacks a bracket");
  address.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  if (address.host.empty()) return Invalid(url, "names no host");
  std::string_view port;
  if (host_end != std::string_view::npos) port = rest.substr(host_end + (bracketed ? 1 : 0));
  if (port.empty()) {
    address.port = address.scheme == Scheme::kHttp ? kHttpPort : kGrpcPort;
    return address;
  }
  if (!port.starts_with(':')) return Invalid(url, "has something after the host");
  ARROW_ASSIGN_OR_RAISE(address.port, ReadPort(url, port.substr(1)));
  return address;
}

}  // namespace arrowport::client
