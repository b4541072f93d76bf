"""A room links only the rooms and libraries that src/LAYERS lets it include."""

import re

from checks import layers
from checks.finding import Finding
from checks.tree import Tree

_ROOM = re.compile(r"^\s*arrowport_room\(([^)]*)\)", re.MULTILINE)
_LINK = re.compile(r"^\s*target_link_libraries\b", re.MULTILINE)
_WORDS = ("LINKS", "LIBS", "PCH", "DEFINES", "TEST_ENVIRONMENT")


def _links(call: re.Match, text: str) -> list[tuple[int, str, str]]:
    """Line, keyword and name of everything that an arrowport_room(...) links."""
    found, keyword = [], ""
    for word in re.finditer(r'"[^"]*"|[^\s"]+', call.group(1)):
        if word.group() in _WORDS:
            keyword = word.group()
        elif keyword in ("LINKS", "LIBS"):
            line = text.count("\n", 0, call.start(1) + word.start()) + 1
            found.append((line, keyword, word.group()))
    return found


def _check_link(allowed: layers.Layers, room: layers.Room, keyword: str, name: str) -> str | None:
    if keyword == "LINKS":
        return None if name in room.rooms else f"room {room.name} may not link room {name}"
    library = allowed.library_of_target(name)
    if library is None:
        return f"no library of {layers.LAYERS} is called {name}"
    if library in room.libraries | allowed.everyone:
        return None
    return f"room {room.name} may not link {name} ({library})"


def check(tree: Tree) -> list[Finding]:
    if layers.LAYERS not in tree:
        return []  # the layers rule says so
    allowed, findings = layers.parse(tree.text(layers.LAYERS))[0], []
    for room in allowed.rooms.values():
        path = f"src/{room.name}/CMakeLists.txt"
        if path not in tree:
            continue  # the rooms rule says so
        text = re.sub(r"#[^\n]*", "", tree.text(path))
        for call in _ROOM.finditer(text):
            for line, keyword, name in _links(call, text):
                wrong = _check_link(allowed, room, keyword, name)
                if wrong:
                    findings.append(Finding(path, line, wrong, f"drop it, or change {layers.LAYERS}"))
        for other in _LINK.finditer(text):
            line = text.count("\n", 0, other.end()) + 1
            findings.append(Finding(path, line, "links beside arrowport_room", "name it in LINKS or LIBS"))
    return findings
