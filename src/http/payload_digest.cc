#include "http/payload_digest.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include <arrow/util/string.h>
#include <openssl/evp.h>

namespace arrowport::http {

PayloadDigest::PayloadDigest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void PayloadDigest::Add(std::span<const uint8_t> bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string PayloadDigest::Finish() {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
  return arrow::HexEncode(digest.data(), size);
}

}  // namespace arrowport::http
