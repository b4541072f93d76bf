import unittest

from checks import docs
from checks.tree import Tree

FILES = {"src/engine/append.h": "", "src/engine/append.cc": "", "tools/check": "", "docs/http.md": ""}


def wrongs(text: str, page: str = "docs/architecture.md") -> list[str]:
    return [finding.wrong for finding in docs.check(Tree.of(FILES | {page: text}))]


class DocsTest(unittest.TestCase):
    def test_paths_that_exist_pass(self):
        self.assertEqual([], wrongs("`src/engine/append.h`, `src/engine/`, `./tools/check --list`,\n"
                                    "`src/engine/append.{h,cc}`, `src/*/append.h`, `src/<room>/append.h:12`\n"))

    def test_a_path_that_does_not_exist_is_refused(self):
        self.assertEqual(["names src/engine/insert.h, which does not exist"], wrongs("`src/engine/insert.h`"))
        self.assertEqual(["names src/engine/append.md, which does not exist"],
                         wrongs("`src/engine/append.{h,md}`"))
        self.assertEqual(["names tools/chek, which does not exist"], wrongs("run `tools/chek -v`", "README.md"))

    def test_other_words_in_backticks_are_no_paths(self):
        self.assertEqual([], wrongs("`application/json` `POST /query` `etc/arrowport.yaml`"))

    def test_fenced_text_is_an_example(self):
        self.assertEqual([], wrongs("```\n`src/none.h`\n```\n"))

    def test_relative_links_lead_somewhere(self):
        self.assertEqual([], wrongs("[http](http.md#errors) [out](https://example.org/x)"))
        self.assertEqual(["names docs/htp.md, which does not exist"], wrongs("[http](htp.md)"))
        self.assertEqual(["names http.md, which does not exist"], wrongs("[http](../http.md)"))


if __name__ == "__main__":
    unittest.main()
