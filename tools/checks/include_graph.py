"""Which files of ours include which."""

import hashlib

from checks.cpp import includes
from checks.tree import Tree

Graph = dict[str, list[tuple[int, str]]]


def of(tree: Tree) -> Graph:
    """For each C++ file the lines that include one of ours, and which."""
    def resolve(path: str, target: str) -> str | None:
        beside = f"{path.rsplit('/', 1)[0]}/{target}"
        return next((found for found in (f"src/{target}", beside, target) if found in tree), None)

    graph: Graph = {}
    for path in tree.cpp():
        targets = ((i.line, resolve(path, i.path)) for i in includes(tree.text(path)))
        graph[path] = [(line, target) for line, target in targets if target]
    return graph


def reach(graph: Graph, path: str) -> set[str]:
    """`path` and everything of ours that it includes, near or far."""
    reached, todo = {path}, [path]
    while todo:
        for _, target in graph.get(todo.pop(), []):
            if target not in reached:
                reached.add(target)
                todo.append(target)
    return reached


def digest(tree: Tree, graph: Graph, path: str, more: str) -> str:
    """Changes when `more`, `path` or anything of ours that it includes does."""
    hashed = hashlib.sha256(more.encode())
    for reached in sorted(reach(graph, path)):
        hashed.update(f"\0{reached}\0{tree.text(reached)}".encode())
    return hashed.hexdigest()
