#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/flight/client.h>

#include "base/error.h"
#include "client/flight_failure.h"

namespace arrowport::client {

/// What the calls and readers of a Flight client share: readers keep it alive.
struct FlightConnection {
  std::string url;
  std::shared_ptr<KindNote> kind_note = std::make_shared<KindNote>();
  std::unique_ptr<arrow::flight::FlightClient> client;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Of every call.

  [[nodiscard]] arrow::flight::FlightCallOptions NewCall() const {
    arrow::flight::FlightCallOptions call;
    call.headers = headers;
    return call;
  }

  /// A failure of the library in our words, with the server's URL.
  [[nodiscard]] Status Explain(const Status& status) const {
    return WithContext(url, ExplainFlightFailure(status, kind_note->Take()));
  }

  template <typename T>
  [[nodiscard]] Result<T> Explain(Result<T> result) const {
    if (result.ok()) return result;
    return Explain(result.status());
  }
};

}  // namespace arrowport::client
