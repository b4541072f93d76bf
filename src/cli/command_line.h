#pragma once

namespace arrowport::cli {

/// The whole program: parses the command line, runs what it asks for, and tells an error in one
/// line on standard error.
/// \return the exit code: 0, or that of the error's kind.
int Run(int argc, char** argv);

}  // namespace arrowport::cli
