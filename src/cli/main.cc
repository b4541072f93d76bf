#include "cli/command_line.h"

int main(int argc, char** argv) { return arrowport::cli::Run(argc, argv); }
