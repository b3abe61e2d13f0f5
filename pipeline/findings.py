"""A finding is one thing a person can mend: where it is, what they call it, what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    ERROR = "error"
    PLACEHOLDER = "placeholder"  # fine while trying out; refused by `check --deploy`
    NOTE = "note"  # something not known yet; never refused


@dataclass(frozen=True, order=True)
class Finding:
    """`pointer` is a JSON Pointer (RFC 6901) into the value; `file` and `line` (from 1) are known for files only."""

    pointer: str
    label: str
    message: str
    level: Level = Level.ERROR
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        level = "" if self.level is Level.ERROR else f"{self.level}: "
        return f"{place}{level}{self.label}: {self.message}"

    def as_dict(self) -> dict[str, object]:
        return {key: value for key, value in asdict(self).items() if value or key == "pointer"}


def errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.ERROR]


def pointer(parts: Iterable[str | int]) -> str:
    """The JSON Pointer of a path: ["answers", "C1.1", 0] → "/answers/C1.1/0"."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
