"""No header includes itself by way of others."""

from checks import include_graph
from checks.finding import Finding
from checks.tree import Tree


def _cycle_from(graph, path: str, trail: list[str], done: set[str]) -> Finding | None:
    trail.append(path)
    for line, target in graph.get(path, []):
        if target in trail:
            way = " -> ".join(trail[trail.index(target):] + [target])
            return Finding(path, line, f"include cycle {way}",
                           "forward declare, or move what both need to a third header")
        if target not in done:
            found = _cycle_from(graph, target, trail, done)
            if found:
                return found
    trail.pop()
    done.add(path)
    return None


def check(tree: Tree) -> list[Finding]:
    graph, done, findings = include_graph.of(tree), set(), []
    for path in graph:
        if path not in done:
            trail: list[str] = []
            found = _cycle_from(graph, path, trail, done)
            if found:
                findings.append(found)
                done.update(trail)
    return findings
