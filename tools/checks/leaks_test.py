import unittest

from checks import leaks
from checks.tree import Tree

FILES = {
    "src/LAYERS": "library arrow: arrow/**\nlibrary duckdb: duckdb.hpp\neveryone: arrow\n"
                  "room engine: - ; duckdb\nroom http: engine ; -\n",
    "src/engine/core.h": "#include <duckdb.hpp>\n",
    "src/engine/database.h": "#include <arrow/api.h>\n",
    "src/engine/database.cc": '#include "engine/core.h"\n',
    "src/http/door.h": '\n#include "engine/database.h"\n',
}


def found(files: dict[str, str]) -> list[tuple[str, int, str]]:
    return [(f.path, f.line, f.wrong) for f in leaks.check(Tree.of(FILES | files))]


class LeaksTest(unittest.TestCase):
    def test_a_header_that_hides_its_library_passes(self):
        self.assertEqual([], found({}))

    def test_a_library_behind_two_headers_is_seen_once(self):
        self.assertEqual([("src/http/door.h", 2, "room http sees duckdb through src/engine/core.h")],
                         found({"src/engine/database.h": '#include "engine/core.h"\n#include <duckdb.hpp>\n'}))


if __name__ == "__main__":
    unittest.main()
