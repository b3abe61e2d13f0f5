"""The one order of ids, files, lines and findings: as people count, so that C1.9 comes before C1.10."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.findings import Finding

_DIGITS = re.compile("([0-9]+)")


def natural(text: str) -> tuple[str | tuple[int, str], ...]:
    """A key to sort by: the numbers in a text by their value, all else letter by letter."""
    parts = _DIGITS.split(text)  # words and numbers in turn
    return tuple(_number(part) if place % 2 else part for place, part in enumerate(parts))


def _number(digits: str) -> tuple[int, str]:
    """Also of so many digits that Python converts them to no number."""
    value = digits.lstrip("0")
    return len(value), value


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """By file and line, then by place."""
    return sorted(found, key=lambda one: (natural(one.file), one.line, natural(one.pointer), one.label, one.message))
