#include "cli/server_url.h"

#include <cstddef>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "client/client.h"

namespace arrowport::cli {

CLI::Option* AddUrl(CLI::App& command, std::string* url) {
  return command
      .add_option("--url", *url,
                  "The server: http://HOST:PORT, or grpc://HOST:PORT for Flight; also "
                  "ARROWPORT_URL. [" +
                      std::string(kDefaultUrl) + "]")
      ->type_name("URL")
      ->envname("ARROWPORT_URL");
}

CLI::Option* AddAuth(CLI::App& command, std::string* auth) {
  return command
      .add_option("--auth", *auth,
                  "Who calls, for Flight servers that want to know; also ARROWPORT_AUTH.")
      ->type_name("NAME:PASSWORD")
      ->envname("ARROWPORT_AUTH");
}

Result<std::optional<client::Credentials>> ReadAuth(const std::string& auth) {
  if (auth.empty()) return std::nullopt;
  const size_t colon = auth.find(':');
  if (colon == std::string::npos || colon == 0) {
    return MakeError(ErrorKind::kInvalidInput, "--auth takes NAME:PASSWORD");
  }
  return client::Credentials{.name = auth.substr(0, colon), .password = auth.substr(colon + 1)};
}

}  // namespace arrowport::cli
