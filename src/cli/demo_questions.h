#pragma once

#include "base/error.h"
#include "client/client.h"

namespace arrowport::cli {

/// Asks the table `flights` three questions over both doors and prints the answers.
/// \return kInternal when the doors answer differently.
Status AskQuestions(client::Client& http, client::Client& flight);

}  // namespace arrowport::cli
