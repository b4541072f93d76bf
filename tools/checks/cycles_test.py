import unittest

from checks import cycles
from checks.tree import Tree


class CyclesTest(unittest.TestCase):
    def test_a_dag_passes(self):
        self.assertEqual([], cycles.check(Tree.of({
            "src/a/a.h": '#include "a/b.h"\n#include "a/c.h"\n',
            "src/a/b.h": '#include "a/c.h"\n',
            "src/a/c.h": "",
        })))

    def test_a_cycle_is_shown_once_with_its_way(self):
        findings = cycles.check(Tree.of({
            "src/a/a.h": '#include "a/b.h"\n',
            "src/a/b.h": '#include "a/c.h"\n',
            "src/a/c.h": '\n#include "a/a.h"\n',
            "src/a/d.cc": '#include "a/b.h"\n',
        }))
        self.assertEqual([("src/a/c.h", 2)], [(f.path, f.line) for f in findings])
        self.assertIn("src/a/a.h -> src/a/b.h -> src/a/c.h -> src/a/a.h", findings[0].wrong)

    def test_a_header_that_includes_itself_is_a_cycle(self):
        self.assertEqual(1, len(cycles.check(Tree.of({"src/a/a.h": '#include "a/a.h"\n'}))))


if __name__ == "__main__":
    unittest.main()
