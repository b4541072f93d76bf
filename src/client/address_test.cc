#include "client/address.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::client {
namespace {

TEST(AddressTest, IsReadFromUrls) {
  EXPECT_EQ(ParseAddress("http://127.0.0.1:1234")->ToString(), "http://127.0.0.1:1234");
  EXPECT_EQ(ParseAddress("http://localhost/")->ToString(), "http://localhost:8888");
  EXPECT_EQ(ParseAddress("grpc://localhost")->ToString(), "grpc://localhost:8889");
  EXPECT_EQ(ParseAddress("grpc+tcp://db.example:1")->ToString(), "grpc://db.example:1");
  EXPECT_EQ(ParseAddress("http://[::1]:80")->host, "::1");
  EXPECT_EQ(ParseAddress("http://[::1]")->Authority(), "[::1]:8888");
}

TEST(AddressTest, OfAnotherFormIsRefused) {
  for (const char* url : {"", "localhost:8888", "ftp://host", "http://", "http://:80", "http://h:0",
                          "http://h:65536", "http://h:80x", "http://h:", "http://h/path",
                          "http://user@h", "http://[::1", "http://[::1]80", "http://h:-1"}) {
    EXPECT_EQ(KindOf(ParseAddress(url).status()), ErrorKind::kInvalidInput) << url;
  }
}

TEST(AddressTest, WithTlsIsNotImplementedYet) {
  EXPECT_EQ(KindOf(ParseAddress("https://host").status()), ErrorKind::kNotImplemented);
  EXPECT_EQ(KindOf(ParseAddress("grpc+tls://host").status()), ErrorKind::kNotImplemented);
}

}  // namespace
}  // namespace arrowport::client
