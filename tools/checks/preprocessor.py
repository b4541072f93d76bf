"""What our C++ may ask of the preprocessor, and that nothing is switched off beside the code."""

import re

from checks.cpp import directives
from checks.finding import Finding
from checks.tree import Tree

_CONDITIONS = ("if", "ifdef", "ifndef", "elif")
_SWITCHED_OFF = (
    (re.compile(r"\bNOLINT"), "NOLINT", "fix the code, or turn the rule off for all in .clang-tidy with a reason"),
    (re.compile(r"clang-format off"), "clang-format off", "let clang-format decide"),
)


def _check_file(path: str, text: str) -> list[Finding]:
    findings, has_once = [], False
    for directive in directives(text):
        rest = directive.rest.strip()
        if directive.name == "pragma" and rest.split()[:1] == ["once"]:
            has_once = True
        elif directive.name == "pragma" and re.match(r"(GCC|clang)\s+diagnostic", rest):
            findings.append(Finding(path, directive.line, "a warning is switched off here",
                                    "fix the code that it warns of"))
        elif directive.name == "define" and re.match(r"\w+\(", rest):
            findings.append(Finding(path, directive.line, "a function macro of ours",
                                    "write a function, a template or a lambda"))
        elif directive.name in _CONDITIONS and not path.startswith("src/base/"):
            findings.append(Finding(path, directive.line, f"#{directive.name} outside of base",
                                    "decide at run time, or hide the platform behind a function of base"))
    if path.endswith((".h", ".hpp")) and not has_once:
        findings.append(Finding(path, 1, "no #pragma once", "write it above the first include"))
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, name, todo in _SWITCHED_OFF:
            if pattern.search(line):
                findings.append(Finding(path, number, f"{name} is an exception", todo))
    return findings


def check(tree: Tree) -> list[Finding]:
    return [finding for path in tree.cpp() for finding in _check_file(path, tree.text(path))]
