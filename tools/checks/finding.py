"""What a rule has to say: where, what is wrong, what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    wrong: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.wrong}: {self.todo}"
