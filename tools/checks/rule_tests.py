"""Each rule has a test beside it, and the tests of the rules pass: a rule that cannot fail holds nothing."""

import re
import subprocess
import sys

from checks.finding import Finding
from checks.tree import Tree

FOLDER = "tools/checks"
_FAILED = re.compile(r'^(?:FAIL|ERROR): (\w+) \(checks\.(\w+)[.)].*?File "[^"]+", line (\d+)', re.M | re.S)


def without_test(tree: Tree) -> list[Finding]:
    return [Finding(path, 1, "this rule has no test", "show it failing in a *_test.py beside it")
            for path in tree.paths
            if re.fullmatch(rf"{FOLDER}/\w+\.py", path) and not path.endswith("_test.py")
            and re.search(r"^def check\(", tree.text(path), re.MULTILINE)
            and path.removesuffix(".py") + "_test.py" not in tree]


def findings_from(output: str) -> list[Finding]:
    found = [Finding(f"{FOLDER}/{module}.py", int(line), f"{name} fails", "mend the rule or its test")
             for name, module, line in _FAILED.findall(output)]
    return found or [Finding(FOLDER, 1, "the tests of the rules do not run",
                             f"see python3 -m unittest discover -s {FOLDER} -t tools -p '*_test.py'")]


def check(tree: Tree) -> list[Finding]:
    findings = without_test(tree)
    if tree.root is None or f"{FOLDER}/rule_tests_test.py" not in tree:
        return findings
    ran = subprocess.run(
        [sys.executable, "-B", "-m", "unittest", "discover", "-s", FOLDER, "-t", "tools", "-p", "*_test.py"],
        cwd=tree.root, capture_output=True, text=True)
    return findings if ran.returncode == 0 else findings + findings_from(ran.stderr)
