import unittest

from checks import sizes
from checks.tree import Tree


def check(path: str, lines: int, first: str = "") -> list[str]:
    text = first + "\n" + "x\n" * (lines - 1)
    return [finding.wrong for finding in sizes.check(Tree.of({path: text}))]


class SizesTest(unittest.TestCase):
    def test_at_the_limit_passes(self):
        self.assertEqual([], check("src/a/a.cc", 500))
        self.assertEqual([], check("src/a/a.h", 250))

    def test_one_line_over_is_refused(self):
        self.assertEqual(["501 lines, the limit is 500"], check("src/a/a.cc", 501))
        self.assertEqual(["251 lines, the limit is 250"], check("src/a/a.h", 251))
        self.assertEqual(["501 lines, the limit is 500"], check("tests/e2e/put.py", 501))

    def test_a_script_without_suffix_is_known_by_its_first_line(self):
        self.assertEqual(["501 lines, the limit is 500"], check("dev", 501, "#!/usr/bin/env bash"))
        self.assertEqual([], check("LICENSE", 501))


if __name__ == "__main__":
    unittest.main()
