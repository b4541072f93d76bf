import unittest

from checks import rooms
from checks.tree import Tree


def found(**texts: str) -> list[tuple[str, str]]:
    files = {"src/LAYERS": "room base: - ; -\nroom http: base ; -\n",
             "src/base/CMakeLists.txt": "", "src/http/CMakeLists.txt": ""}
    files |= texts.pop("files", {})
    return [(f.path, f.wrong) for f in rooms.check(Tree.of({k: v for k, v in files.items() if v is not None}))]


class RoomsTest(unittest.TestCase):
    def test_a_short_list_for_each_room_passes(self):
        self.assertEqual([], found())

    def test_a_room_without_one_is_refused(self):
        self.assertEqual([("src/http/CMakeLists.txt", "room http has no CMakeLists.txt")],
                         found(files={"src/http/CMakeLists.txt": None}))

    def test_a_long_one_is_refused(self):
        self.assertEqual([("src/http/CMakeLists.txt", "41 lines, the limit is 40")],
                         found(files={"src/http/CMakeLists.txt": "x\n" * 41}))

    def test_a_second_one_is_refused(self):
        self.assertEqual([("src/http/routes/CMakeLists.txt", "a second CMakeLists.txt in a room")],
                         found(files={"src/http/routes/CMakeLists.txt": ""}))

    def test_a_folder_that_is_no_room_is_refused(self):
        self.assertEqual([("src/LAYERS", "src/attic is not a room")], found(files={"src/attic/a.h": ""}))


if __name__ == "__main__":
    unittest.main()
