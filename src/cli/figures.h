#pragma once

#include <cstdint>
#include <string>

namespace arrowport::cli {

/// Numbers as people read them. Three digits that matter; units as in the texts: MB is 1000 kB.
std::string Count(int64_t count);          ///< "336,776"
std::string RoughCount(double count);      ///< "982", "33.7 k", "6.0 M", "1.2 G"
std::string Bytes(double bytes);           ///< "982 B", "33.7 kB", "1.05 GB"
std::string Seconds(double seconds);       ///< "640 ms", "0.12 ms", "3.21 s", "2 min 5 s"
std::string RowRate(double rows_per_s);    ///< "3.4 M rows/s"
std::string ByteRate(double bytes_per_s);  ///< "412 MB/s"
std::string Ratio(double ratio);           ///< "0.82", "12.3"
std::string Plural(int64_t count, const char* noun);  ///< "1 row", "336,776 rows"

}  // namespace arrowport::cli
