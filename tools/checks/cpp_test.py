import unittest

from checks import cpp


class CppTest(unittest.TestCase):
    def test_sees_includes_and_how_they_are_quoted(self):
        found = cpp.includes('#include <vector>\n\n#  include "base/error.h"  // why\n')
        self.assertEqual([(1, "vector", False), (3, "base/error.h", True)],
                         [(i.line, i.path, i.quoted) for i in found])

    def test_does_not_see_what_comments_and_strings_hold(self):
        text = ('/*\n#include "a.h"\n*/\n// #include "b.h"\n'
                'auto x = R"sql(\n#include "c.h"\n)sql";\nauto y = "\\"\\n#if";\n')
        self.assertEqual([], cpp.directives(text))

    def test_digit_separators_open_no_literal(self):
        text = "int64_t n = 1'000'000;\n#include <a.h>\nchar c = '\"';\n#include <b.h>\nchar d = '\"';\n"
        self.assertEqual(["a.h", "b.h"], [i.path for i in cpp.includes(text)])

    def test_a_continued_directive_is_one(self):
        found = cpp.directives("#define A(x) \\\n  #x\nint b;\n")
        self.assertEqual([(1, "define")], [(d.line, d.name) for d in found])


if __name__ == "__main__":
    unittest.main()
