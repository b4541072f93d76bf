import unittest

from checks import include_graph
from checks.tree import Tree

FILES = {"src/a/a.cc": '#include "a/a.h"\n', "src/a/a.h": '#include "b/b.h"\n#include <vector>\n',
         "src/b/b.h": "", "src/b/c.h": ""}


def digest(files: dict[str, str], more: str = "") -> str:
    tree = Tree.of(files)
    return include_graph.digest(tree, include_graph.of(tree), "src/a/a.cc", more)


class IncludeGraphTest(unittest.TestCase):
    def test_reaches_what_headers_include(self):
        graph = include_graph.of(Tree.of(FILES))
        self.assertEqual({"src/a/a.cc", "src/a/a.h", "src/b/b.h"}, include_graph.reach(graph, "src/a/a.cc"))

    def test_a_cycle_ends(self):
        graph = include_graph.of(Tree.of({"src/a/a.h": '#include "a/a.h"\n'}))
        self.assertEqual({"src/a/a.h"}, include_graph.reach(graph, "src/a/a.h"))

    def test_the_digest_follows_what_is_reached_and_nothing_else(self):
        self.assertEqual(digest(FILES), digest(FILES | {"src/b/c.h": "int c;"}))
        self.assertNotEqual(digest(FILES), digest(FILES | {"src/b/b.h": "int b;"}))
        self.assertNotEqual(digest(FILES), digest(FILES, "-DX"))


if __name__ == "__main__":
    unittest.main()
