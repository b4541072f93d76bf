import unittest

from checks import layers
from checks.tree import Tree

LAYERS = """
library arrow: arrow/*.h
library duckdb DuckDB::* duckdb: duckdb.hpp duckdb/**
library googletest: gtest/**
library grpc: grpc/**
everyone: arrow
tests: googletest
room base: - ; -
room engine: base ; duckdb   # the only one that sees DuckDB
room http: base ; -
"""


def wrongs(**files: str) -> list[str]:
    texts = {"src/LAYERS": LAYERS, "src/base/error.h": "", "src/engine/append.h": ""}
    texts |= {path.replace("__", "/").replace("_cc", ".cc").replace("_h", ".h"): text
              for path, text in files.items()}
    return [finding.wrong for finding in layers.check(Tree.of(texts))]


class LayersTest(unittest.TestCase):
    def test_allowed_rooms_and_libraries_pass(self):
        self.assertEqual([], wrongs(src__engine__x_cc='#include "base/error.h"\n#include <vector>\n'
                                    '#include <arrow/api.h>\n#include <duckdb/main/x.hpp>\n'))

    def test_a_room_that_is_not_named_is_refused(self):
        self.assertEqual(["room http may not include engine/append.h"],
                         wrongs(src__http__x_cc='#include "engine/append.h"\n'))

    def test_a_lower_room_may_not_look_up(self):
        self.assertEqual(["room base may not include engine/append.h"],
                         wrongs(src__base__x_h='#include "engine/append.h"\n'))

    def test_a_library_of_another_room_is_refused(self):
        self.assertEqual(["room http may not include <duckdb.hpp> (duckdb)"],
                         wrongs(src__http__x_cc='#include <duckdb.hpp>\n'))

    def test_quotes_around_a_library_do_not_hide_it(self):
        self.assertEqual(["room http may not include <duckdb.hpp> (duckdb)"],
                         wrongs(src__http__x_cc='#include "duckdb.hpp"\n'))

    def test_a_library_that_nobody_owns_is_refused(self):
        self.assertEqual(["room engine may not include <grpc/x.h> (grpc)", "no room owns <zmq.h>"],
                         wrongs(src__engine__x_cc='#include <grpc/x.h>\n#include <zmq.h>\n'))

    def test_googletest_is_for_tests(self):
        self.assertEqual([], wrongs(src__http__x_test_cc='#include <gtest/gtest.h>\n'))
        self.assertEqual(["<gtest/gtest.h> is for tests"],
                         wrongs(src__http__x_cc='#include <gtest/gtest.h>\n'))

    def test_a_header_for_tests_is_for_tests(self):
        self.assertEqual([], wrongs(src__http__test_server_h='#include <gtest/gtest.h>\n',
                                    src__http__x_test_cc='#include "http/test_server.h"\n'))
        self.assertEqual(["http/test_server.h is for tests"],
                         wrongs(src__http__test_server_h="", src__http__x_cc='#include "http/test_server.h"\n'))

    def test_tests_obey_their_room(self):
        self.assertEqual(["room http may not include engine/append.h"],
                         wrongs(src__http__x_test_cc='#include "engine/append.h"\n'))

    def test_a_quoted_path_that_is_no_file_is_refused(self):
        self.assertEqual(["no file src/error.h"], wrongs(src__base__x_cc='#include "error.h"\n'))

    def test_a_file_outside_of_rooms_is_refused(self):
        self.assertEqual(["this file is in no room"], wrongs(src__attic__x_cc=""))

    def test_a_library_is_known_by_its_targets(self):
        parsed, _ = layers.parse(LAYERS)
        self.assertEqual(["duckdb", "duckdb", None],
                         [parsed.library_of_target(t) for t in ("duckdb", "DuckDB::static", "duckdb_x")])

    def test_layers_may_name_only_rooms_above(self):
        _, findings = layers.parse("room a: b ; -\nroom b: - ; zlib\nnonsense\n")
        self.assertEqual(["room a names b, which does not stand above it",
                          "library zlib is not defined",
                          "this line is none of library, everyone, tests, room"],
                         [finding.wrong for finding in findings])


if __name__ == "__main__":
    unittest.main()
