import json
import unittest
from pathlib import Path

from checks import compile_database


class CompileDatabaseTest(unittest.TestCase):
    def test_precompiled_headers_and_warnings_go_and_the_rest_stays(self):
        given = ("g++ -DX=1 -isystem /d/include -O2 -Wall -Werror -Winvalid-pch -include /b/cmake_pch.hxx "
                 "-include force.h -std=gnu++20 -fcoroutines -MD -MF a.o.d -o a.o -c /r/src/a/a.cc").split()
        self.assertEqual("g++ -DX=1 -isystem /d/include -O2 -include force.h -std=gnu++20 -c /r/src/a/a.cc".split(),
                         compile_database.arguments_for_clang(given))

    def test_only_files_of_ours_and_without_what_launches_the_compiler(self):
        database = json.dumps([
            {"directory": "/r/build", "file": "/r/src/a/a.cc",
             "command": "/usr/bin/cmake -E env X=1 /usr/bin/ccache /usr/bin/c++-12 -c /r/src/a/a.cc"},
            {"directory": "/r/build", "file": "/r/build/x.pb.cc", "command": "g++ -c x.pb.cc"},
        ])
        commands = compile_database.for_clang(database, Path("/r"))
        self.assertEqual({"src/a/a.cc": ["/usr/bin/c++-12", "-c", "/r/src/a/a.cc"]},
                         {path: entry["arguments"] for path, entry in commands.items()})


if __name__ == "__main__":
    unittest.main()
