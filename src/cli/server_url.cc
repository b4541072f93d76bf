#include "cli/server_url.h"

#include <string>

#include <CLI/CLI.hpp>

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

}  // namespace arrowport::cli
