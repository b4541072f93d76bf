import unittest

from checks import preprocessor
from checks.tree import Tree


def found(path: str, text: str) -> list[tuple[int, str]]:
    return [(f.line, f.wrong) for f in preprocessor.check(Tree.of({path: text}))]


class PreprocessorTest(unittest.TestCase):
    def test_a_plain_header_passes(self):
        self.assertEqual([], found("src/a/a.h", "#pragma once\n#include <vector>\n#define LIMIT 3\n"))

    def test_a_header_without_pragma_once_is_refused(self):
        self.assertEqual([(1, "no #pragma once")], found("src/a/a.h", "// #pragma once\n"))

    def test_a_function_macro_is_refused(self):
        self.assertEqual([(1, "a function macro of ours")], found("src/a/a.cc", "#define X(a) a\n"))
        self.assertEqual([], found("src/a/a.cc", "#define X (1)\n"))

    def test_conditions_are_for_base(self):
        self.assertEqual([(1, "#ifdef outside of base")], found("src/a/a.cc", "#ifdef __linux__\n#endif\n"))
        self.assertEqual([], found("src/base/a.cc", "#ifdef __linux__\n#endif\n"))

    def test_exceptions_are_refused(self):
        self.assertEqual([(1, "NOLINT is an exception")], found("src/a/a.cc", "int x;  // NOLINT(foo)\n"))
        self.assertEqual([(1, "clang-format off is an exception")], found("src/a/a.cc", "// clang-format off\n"))
        self.assertEqual([(1, "a warning is switched off here")],
                         found("src/a/a.cc", '#pragma GCC diagnostic ignored "-Wshadow"\n'))


if __name__ == "__main__":
    unittest.main()
