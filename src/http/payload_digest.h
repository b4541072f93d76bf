#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace arrowport::http {

/// SHA-256 of bytes that come one after the other. One thread at a time.
class PayloadDigest {
 public:
  PayloadDigest();

  void Add(std::span<const uint8_t> bytes);

  /// In hexadecimal digits; nothing may be added behind it.
  std::string Finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

}  // namespace arrowport::http
