#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace arrowport::cli {

/// One of the two servers of the tour.
struct TourServer {
  std::string database = ":memory:";
  std::string location;  ///< "grpc://localhost:8815", where it serves Flight.
};

struct TwoServerOptions {
  TourServer first = {.location = "grpc://localhost:8815"};
  TourServer second = {.location = "grpc://localhost:8816"};
  std::string auth;           ///< NAME:PASSWORD; empty: nobody asks.
  int64_t rows = 24'000'000;  ///< Of the table that the timings are of.
};

/// A tour through two servers, which run as long as it lasts: a small table copied between them, a
/// Parquet file loaded and moved, and then get, transfer and exchange of `rows` rows, timed.
Status DemoTwoServers(const TwoServerOptions& options);

}  // namespace arrowport::cli
