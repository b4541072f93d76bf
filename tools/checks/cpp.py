"""Just enough of C++'s lexing to see preprocessor lines and not what comments and strings hold."""

import re
from dataclasses import dataclass

# Numbers stand here so that the quotes of 1'000'000 open no character literal.
_TOKEN = re.compile(
    r"//(?:\\\n|[^\n])*"
    r"|/\*.*?\*/"
    r'|(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|\b\d(?:'?[\w.])*"
    r"|'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w+)((?:\\\n|[^\n])*)", re.MULTILINE)
_INCLUDED = re.compile(r'\s*([<"])([^>"]+)[>"]')


@dataclass(frozen=True)
class Directive:
    line: int
    name: str
    rest: str


@dataclass(frozen=True)
class Include:
    line: int
    path: str
    quoted: bool


def _blank(match: re.Match) -> str:
    token = match.group()
    if token[0].isdigit():
        return token
    return re.sub(r"[^\n]", " ", token)


def code_only(text: str) -> str:
    """The same text, every character of a comment or literal a space; lines stay where they were."""
    return _TOKEN.sub(_blank, text)


def directives(text: str) -> list[Directive]:
    """Every preprocessor line that the compiler would see, with its rest as written."""
    return [
        Directive(text.count("\n", 0, found.start()) + 1, found.group(1),
                  text[found.start(2):found.end(2)])
        for found in _DIRECTIVE.finditer(code_only(text))
    ]


def includes(text: str) -> list[Include]:
    found = []
    for directive in directives(text):
        if directive.name in ("include", "include_next", "import"):
            target = _INCLUDED.match(directive.rest)
            if target:
                found.append(Include(directive.line, target.group(2), target.group(1) == '"'))
    return found
