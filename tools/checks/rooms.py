"""A room is a folder of src/ with one short CMakeLists.txt."""

from checks import layers
from checks.finding import Finding
from checks.tree import Tree

CMAKE_LINES_MAX = 40


def check(tree: Tree) -> list[Finding]:
    if layers.LAYERS not in tree:
        return []  # the layers rule says so
    rooms = set(layers.parse(tree.text(layers.LAYERS))[0].rooms)
    folders = {path.split("/")[1] for path in tree.paths if path.startswith("src/") and path.count("/") > 1}
    findings = [Finding(layers.LAYERS, 1, f"src/{name} is not a room",
                        "give it a line, or move its files to a room") for name in sorted(folders - rooms)]
    for room in sorted(rooms):
        path = f"src/{room}/CMakeLists.txt"
        if path not in tree:
            findings.append(Finding(path, 1, f"room {room} has no CMakeLists.txt", "write its few lines"))
            continue
        lines = len(tree.text(path).splitlines())
        if lines > CMAKE_LINES_MAX:
            findings.append(Finding(path, CMAKE_LINES_MAX + 1,
                                    f"{lines} lines, the limit is {CMAKE_LINES_MAX}",
                                    "move what it does to cmake/, so that it only names files and links"))
    for path in tree.paths:
        if path.startswith("src/") and path.endswith("/CMakeLists.txt") and path.count("/") > 2:
            findings.append(Finding(path, 1, "a second CMakeLists.txt in a room", "merge it into the room's"))
    return findings
