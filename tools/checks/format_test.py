import shutil
import tempfile
import unittest
from pathlib import Path

from checks import format as format_rule
from checks.tree import Tree


@unittest.skipUnless(shutil.which(format_rule.TOOL), f"{format_rule.TOOL} is not installed")
class FormatTest(unittest.TestCase):
    def check(self, text: str) -> list[tuple[str, int]]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "src/a").mkdir(parents=True)
            (root / "src/a/a.cc").write_text(text)
            (root / ".clang-format").write_text("BasedOnStyle: Google\n")
            tree = Tree(root, {"src/a/a.cc": None})
            return [(f.path, f.line) for f in format_rule.check(tree)]

    def test_formatted_code_passes(self):
        self.assertEqual([], self.check("int x = 1;\n"))

    def test_the_first_line_that_differs_is_named(self):
        self.assertEqual([("src/a/a.cc", 2)], self.check("int x = 1;\nint   y=2;\nint  z=3;\n"))


if __name__ == "__main__":
    unittest.main()
