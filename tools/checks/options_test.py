import tempfile
import unittest
from pathlib import Path

from checks import options
from checks.tree import Tree

ROWS = "| Option | Default |\n|---|---|\n| `host` | `127.0.0.1` |\n| `http.port` | 8888 |\n"


class OptionsTest(unittest.TestCase):
    def test_the_same_page_passes_and_another_names_its_first_line(self):
        self.assertEqual([], options.compare(ROWS, ROWS))
        self.assertEqual([4], [f.line for f in options.compare(ROWS, ROWS.replace("8888", "8889"))])
        self.assertEqual([5], [f.line for f in options.compare(ROWS + "x\n", ROWS)])

    def test_a_row_that_no_test_or_page_names_is_refused(self):
        table = '{.name = "host",\n .help = "x"},\n{.name = "http.port",\n'
        tree = Tree.of({"src/server/option_table.cc": table, options.PAGE: "| `host` |\n",
                        "src/server/options_test.cc": 'Read("host"); Read("http.port2");'})
        self.assertEqual([(3, "no src/server/*_test.cc names option http.port"),
                          (3, "docs/configuration.md does not name option http.port")],
                         [(f.line, f.wrong) for f in options.check_rows(tree)])

    def test_what_the_program_tells_is_compared_with_the_page(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / options.PROGRAM
            program.parent.mkdir(parents=True)
            program.write_text("#!/bin/sh\necho told\n")
            program.chmod(0o755)
            (Path(folder) / "docs").mkdir()
            (Path(folder) / options.PAGE).write_text("written\n")
            found = options.check(Tree(Path(folder), {options.PAGE: None}))
        self.assertEqual(["differs from what `arrowport help-config` tells"], [f.wrong for f in found])


if __name__ == "__main__":
    unittest.main()
