"""g++'s compile commands, as clang can run them."""

import json
import os
import re
import shlex
from pathlib import Path

# g++'s precompiled headers mean nothing to clang, and a source has to name what it uses without them. Warnings
# are g++'s business: here only clang-tidy's own count.
_WITH_VALUE = ("-include", "-o", "-MF", "-MT", "-MQ")
_ALONE = re.compile(r"-W.*|-fpch-.*|-MD|-MMD|-fmodules-ts|-fmodule-mapper=.*|-fdeps-format=.*|-fno-gnu-unique"
                    r"|-fconcepts.*|-fcoroutines|-fdiagnostics-color.*|-flto.*|-ffat-lto-objects|-fsanitize.*")
_COMPILER = re.compile(r"(c|g|clang)\+\+(-[\d.]+)?")
_PRECOMPILED = re.compile(r".*cmake_pch\.h(xx)?(\.gch)?")


def arguments_for_clang(arguments: list[str]) -> list[str]:
    kept, skip = [arguments[0]], False
    for position, argument in enumerate(arguments[1:], start=1):
        following = arguments[position + 1] if position + 1 < len(arguments) else ""
        if skip:
            skip = False
        elif argument == "-include" and not _PRECOMPILED.fullmatch(following):
            kept.append(argument)
        elif argument in _WITH_VALUE:
            skip = True
        elif not _ALONE.fullmatch(argument):
            kept.append(argument)
    return kept


def for_clang(database: str, root: Path) -> dict[str, dict]:
    """By path from the root: the commands of files of ours; generated and foreign sources have none."""
    commands = {}
    for entry in json.loads(database):
        path = os.path.relpath(Path(entry["directory"], entry["file"]).resolve(), root)
        if path.split("/")[0] not in ("src", "tests", "bench"):
            continue
        arguments = entry.get("arguments") or shlex.split(entry["command"])
        # What launches the compiler (a cache, with its environment) would be taken for the compiler.
        while len(arguments) > 1 and not _COMPILER.fullmatch(Path(arguments[0]).name):
            arguments = arguments[1:]
        commands[path] = {"directory": entry["directory"], "file": entry["file"],
                          "arguments": arguments_for_clang(arguments)}
    return commands


def write(commands: dict[str, dict], folder: Path) -> None:
    (folder / "compile_commands.json").write_text(json.dumps(list(commands.values())))
