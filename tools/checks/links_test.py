import unittest

from checks import links
from checks.tree import Tree

LAYERS = """
library arrow Arrow::*: arrow/**
library duckdb duckdb: duckdb/**
everyone: arrow
room base: - ; -
room engine: base ; duckdb
room http: base ; -
"""


def found(path: str, text: str) -> list[tuple[int, str]]:
    return [(f.line, f.wrong) for f in links.check(Tree.of({"src/LAYERS": LAYERS, path: text}))]


class LinksTest(unittest.TestCase):
    def test_what_the_layers_allow_passes(self):
        self.assertEqual([], found("src/engine/CMakeLists.txt",
                                   "arrowport_room(engine\n  LINKS base  # why\n  LIBS Arrow::arrow duckdb\n"
                                   '  PCH duckdb.hpp\n  DEFINES "X=\\"1\\""\n  TEST_ENVIRONMENT A=b)\n'))

    def test_a_room_that_is_not_named_is_refused(self):
        self.assertEqual([(2, "room http may not link room engine")],
                         found("src/http/CMakeLists.txt", "arrowport_room(http\n  LINKS base engine)\n"))

    def test_a_library_of_another_room_is_refused(self):
        self.assertEqual([(1, "room http may not link duckdb (duckdb)")],
                         found("src/http/CMakeLists.txt", "arrowport_room(http LIBS duckdb)\n"))

    def test_an_unknown_target_is_refused(self):
        self.assertEqual([(1, "no library of src/LAYERS is called zmq")],
                         found("src/http/CMakeLists.txt", "arrowport_room(http LIBS zmq)\n"))

    def test_there_is_no_other_way_to_link(self):
        self.assertEqual([(2, "links beside arrowport_room")],
                         found("src/http/CMakeLists.txt",
                               "arrowport_room(http)\ntarget_link_libraries(arrowport_http PRIVATE duckdb)\n"))


if __name__ == "__main__":
    unittest.main()
