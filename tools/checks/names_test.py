import unittest

from checks import names
from checks.tree import Tree


def paths(*given: str) -> list[str]:
    return [finding.path for finding in names.check(Tree.of({path: "" for path in given}))]


class NamesTest(unittest.TestCase):
    def test_names_that_say_something_pass(self):
        self.assertEqual([], paths("src/base/error_detail.h", "src/http/problem.cc", "docs/common.md"))

    def test_names_that_hold_anything_are_refused(self):
        given = ["src/base/utils.h", "src/detail/error.h", "src/http/http_helpers.cc",
                 "tests/e2e/common.py", "src/base/misc_test.cc"]
        self.assertEqual(sorted(given), paths(*given))


if __name__ == "__main__":
    unittest.main()
