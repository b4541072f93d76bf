import tempfile
import unittest
from pathlib import Path

from checks import headers
from checks.tree import Tree


class HeadersTest(unittest.TestCase):
    def test_a_header_that_needs_another_is_named_once(self):
        output = ("FAILED: x.o\n../../src/a/a.h:7:3: error: 'string' in namespace 'std' does not name a type\n"
                  "../../src/a/a.h:7:3: error: 'string' in namespace 'std' does not name a type\n")
        found = headers.findings_from(output, Path("/repo"))
        self.assertEqual([("src/a/a.h", 7)], [(f.path, f.line) for f in found])

    def test_a_build_that_fails_without_an_error_line_is_no_pass(self):
        found = headers.findings_from("ninja: error: unknown target 'x'\n", Path("/repo"))
        self.assertIn("unknown target", found[0].wrong)

    def test_a_tree_that_cannot_be_configured_is_no_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            found = headers.check(Tree(Path(folder).resolve(), {"src/a/a.h": "#pragma once\n"}))
        self.assertEqual(1, len(found))

    def test_a_stamp_of_the_same_headers_is_believed(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = Tree(Path(folder).resolve(), {"src/a/a.h": "#pragma once\n"})
            (tree.root / headers.BUILD).mkdir(parents=True)
            (tree.root / headers.STAMP).write_text(headers.digest(tree))
            self.assertEqual([], headers.check(tree))

    def test_the_stamp_changes_with_a_header(self):
        before, after = ({"src/a/a.h": text, "src/a/a.cc": ""} for text in ("int a;", "int b;"))
        self.assertNotEqual(headers.digest(Tree.of(before)), headers.digest(Tree.of(after)))
        self.assertEqual(headers.digest(Tree.of(before)), headers.digest(Tree.of(before | {"src/a/a.cc": "x"})))


if __name__ == "__main__":
    unittest.main()
