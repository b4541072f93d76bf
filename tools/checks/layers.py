"""src/LAYERS: which rooms and libraries the files of a room may include."""

import re
from dataclasses import dataclass, field

from checks.cpp import includes
from checks.finding import Finding
from checks.tree import Tree

LAYERS = "src/LAYERS"
# The colon that ends a line's name, not one of CMake's in Arrow::arrow.
_COLON = re.compile(r":(?=\s|$)")


@dataclass
class Room:
    name: str
    rooms: set[str]
    libraries: set[str]


@dataclass
class Layers:
    rooms: dict[str, Room] = field(default_factory=dict)
    libraries: list[tuple[str, re.Pattern]] = field(default_factory=list)
    targets: list[tuple[str, re.Pattern]] = field(default_factory=list)
    everyone: set[str] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)

    def library_of(self, path: str) -> str | None:
        """The library that a header of this path belongs to."""
        return next((name for name, pattern in self.libraries if pattern.fullmatch(path)), None)

    def library_of_target(self, target: str) -> str | None:
        return next((name for name, pattern in self.targets if pattern.fullmatch(target)), None)

    def owners(self, library: str) -> str:
        return ", ".join(room.name for room in self.rooms.values() if library in room.libraries)


def _any_of(globs: list[str]) -> re.Pattern:
    return re.compile("|".join(re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") for glob in globs))


def _names(words: str) -> list[str]:
    return [word for word in words.split() if word != "-"]


def parse(text: str) -> tuple[Layers, list[Finding]]:
    """The rows of LAYERS, and what is wrong with them."""
    layers, findings = Layers(), []

    def refuse(line: int, wrong: str, todo: str) -> None:
        findings.append(Finding(LAYERS, line, wrong, todo))

    def known(line: int, libraries: list[str]) -> set[str]:
        names = {name for name, _ in layers.libraries}
        for library in libraries:
            if library not in names:
                refuse(line, f"library {library} is not defined", "write its `library` line first")
        return set(libraries)

    for line, row in enumerate(text.splitlines(), start=1):
        words, _, rest = _COLON.sub("\n", row.partition("#")[0], count=1).partition("\n")
        match words.split():
            case []:
                continue
            case ["library", name, *targets]:
                layers.libraries.append((name, _any_of(rest.split())))
                if targets:
                    layers.targets.append((name, _any_of(targets)))
            case ["everyone"]:
                layers.everyone |= known(line, _names(rest))
            case ["tests"]:
                layers.tests |= known(line, _names(rest))
            case ["room", name]:
                rooms, _, libraries = rest.partition(";")
                for other in _names(rooms):
                    if other not in layers.rooms:
                        refuse(line, f"room {name} names {other}, which does not stand above it",
                               "move the room, or drop the name")
                layers.rooms[name] = Room(name, set(_names(rooms)), known(line, _names(libraries)))
            case _:
                refuse(line, "this line is none of library, everyone, tests, room", "fix it")
    return layers, findings


def is_test(path: str) -> bool:
    """A test, or a header that only tests include."""
    return path.endswith("_test.cc") or path.rsplit("/", 1)[-1].startswith("test_")


def _is_standard(path: str) -> bool:
    return re.fullmatch(r"[a-z_0-9]+", path) is not None


def _check_include(tree, layers, room, path, include) -> Finding | None:
    def finding(wrong: str, todo: str) -> Finding:
        return Finding(path, include.line, wrong, todo)

    target = include.path
    first = target.split("/")[0]
    if include.quoted and f"src/{target}" in tree:
        if is_test(target) and not is_test(path):
            return finding(f"{target} is for tests", "move what this needs out of it")
        if first == room.name or first in room.rooms:
            return None
        return finding(f"room {room.name} may not include {target}",
                       f"go through {', '.join(sorted(room.rooms)) or 'its own room'}, or change {LAYERS}")
    if _is_standard(target):
        return None
    library = layers.library_of(target)
    if library is None and include.quoted:
        return finding(f"no file src/{target}", "name one of our headers by its path from src/")
    if library is None:
        return finding(f"no room owns <{target}>", f"give it a library line and a room in {LAYERS}")
    allowed = layers.everyone | room.libraries
    if is_test(path):
        allowed |= layers.tests
    if library in allowed:
        return None
    if library in layers.tests:
        return finding(f"<{target}> is for tests", "move what needs it to a *_test.cc or test_*.h")
    owners = layers.owners(library)
    return finding(f"room {room.name} may not include <{target}> ({library})",
                   f"ask {owners} for it" if owners else "no room may")


def check(tree: Tree) -> list[Finding]:
    if LAYERS not in tree:
        return [Finding(LAYERS, 1, "there is no such file", "write the rooms and what they may include")]
    layers, findings = parse(tree.text(LAYERS))
    for path in tree.cpp():
        parts = path.split("/")
        if parts[0] != "src":
            continue
        room = layers.rooms.get(parts[1])
        if room is None:
            findings.append(Finding(path, 1, "this file is in no room", f"move it to a room of {LAYERS}"))
            continue
        checked = (_check_include(tree, layers, room, path, include)
                   for include in includes(tree.text(path)))
        findings += [finding for finding in checked if finding]
    return findings
