"""A room's headers keep its libraries to themselves: who includes them need not see what they are made with."""

from checks import include_graph, layers
from checks.cpp import includes
from checks.finding import Finding
from checks.tree import Tree


def _seen_through(tree: Tree, allowed: layers.Layers, room: layers.Room, header: str) -> set[str]:
    """Libraries that `header` of another room includes and `room` may not."""
    libraries = {allowed.library_of(include.path) for include in includes(tree.text(header))}
    return libraries - room.libraries - allowed.everyone - allowed.tests - {None}


def check(tree: Tree) -> list[Finding]:
    if layers.LAYERS not in tree:
        return []  # the layers rule says so
    allowed, graph = layers.parse(tree.text(layers.LAYERS))[0], include_graph.of(tree)
    findings = []
    for path in graph:
        room = allowed.rooms.get(path.split("/")[1]) if path.startswith("src/") else None
        if room is None:
            continue  # the layers rule says so
        told: set[str] = set()
        for line, first in graph[path]:
            for header in sorted(include_graph.reach(graph, first)):
                if header.startswith(f"src/{room.name}/"):
                    continue
                for library in sorted(_seen_through(tree, allowed, room, header) - told):
                    told.add(library)
                    findings.append(Finding(path, line, f"room {room.name} sees {library} through {header}",
                                            "hide it there: forward declare, or keep it behind an interface"))
    return findings
