import unittest

from checks import rule_tests
from checks.tree import Tree


class RuleTestsTest(unittest.TestCase):
    def test_a_rule_without_a_test_is_refused(self):
        rule = "def check(tree):\n    return []\n"
        self.assertEqual(["tools/checks/a.py"], [f.path for f in rule_tests.without_test(Tree.of({
            "tools/checks/a.py": rule,
            "tools/checks/b.py": rule,
            "tools/checks/b_test.py": "",
            "tools/checks/words.py": "",
        }))])

    def test_a_failing_test_is_named_with_its_line(self):
        output = ('FAIL: test_x (checks.docs_test.DocsTest.test_x)\n-----\nTraceback (most recent call last):\n'
                  '  File "/r/tools/checks/docs_test.py", line 9, in test_x\nAssertionError\n')
        self.assertEqual([("tools/checks/docs_test.py", 9, "test_x fails")],
                         [(f.path, f.line, f.wrong) for f in rule_tests.findings_from(output)])

    def test_tests_that_do_not_run_are_no_pass(self):
        self.assertEqual(1, len(rule_tests.findings_from("SyntaxError")))


if __name__ == "__main__":
    unittest.main()
