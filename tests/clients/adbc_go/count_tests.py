"""Reads the events of `go test -json`, shows what failed or was skipped, and ends with the counts.

Only leaves count: a test with subtests is its subtests, unless it failed by itself.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable

PACKAGE = ""  # Stands for what belongs to no test: the build, and a crash.


def read(lines: Iterable[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """How each test ended, and what each said."""
    ends: dict[str, str] = {}
    said: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            said[PACKAGE].append(line)
            continue
        test = event.get("Test", PACKAGE)
        if event["Action"] in ("output", "build-output"):
            said[test].append(event["Output"])
        elif event["Action"] == "run":
            ends[test] = "fail"  # Until it is known better: one that never ends has failed.
        elif event["Action"] in ("pass", "fail", "skip"):
            ends[test] = event["Action"]
    return ends, said


def counted(ends: dict[str, str]) -> dict[str, str]:
    """The leaves, and those that failed without a failed test below them."""
    tests = [test for test in ends if test != PACKAGE]
    chosen = {}
    for test in tests:
        below = [ends[other] for other in tests if other.startswith(test + "/")]
        if not below or (ends[test] == "fail" and "fail" not in below):
            chosen[test] = ends[test]
    # A build that failed, or a run without a test, is one failure.
    if "fail" not in chosen.values() and (ends.get(PACKAGE) != "pass" or not chosen):
        chosen[PACKAGE] = "fail"
    return chosen


def above(tests: list[str]) -> list[str]:
    """The run and the suites that these stand in: a crash is told there."""
    chosen = {PACKAGE}
    for test in tests:
        parts = test.split("/")
        chosen |= {"/".join(parts[:length]) for length in range(1, len(parts))}
    return sorted(chosen - set(tests))


def without_marks(said: list[str]) -> str:
    marks = ("=== ", "--- ", "FAIL", "PASS", "ok ")
    return "".join(line for line in said if not line.lstrip().startswith(marks)).rstrip()


def main() -> int:
    ends, said = read(sys.stdin)
    chosen = counted(ends)
    failed = [test for test, end in chosen.items() if end == "fail"]
    skipped = [test for test, end in chosen.items() if end == "skip"]
    for test in failed:
        print(f"FAILED {test or 'the run'}")
        print("".join(said[test]).rstrip())
    for test in above(failed) if failed else []:
        if told := without_marks(said[test]):
            print(f"{test or 'the run'} said besides:\n{told}")
    for test in skipped:
        print(f"skipped {test}")
    print(f"{len(chosen) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
