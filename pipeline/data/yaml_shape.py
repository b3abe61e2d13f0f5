"""The shape of a file of data/ or of the records, by its schema; with the remedy that fits what is wanted there."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any

from pipeline import schema_errors
from pipeline.data.yaml_source import Source
from pipeline.findings import Finding, Level

_WORDS = {"y": True, "yes": True, "on": True, "true": True, "n": False, "no": False, "off": False, "false": False}
_DIGITS = 15  # of a number that is taken for one


def check(source: Source, schema: dict[str, Any], label: schema_errors.Labels) -> None:
    """Adds what does not fit to the source's findings. Where something was found already, nothing is said twice."""
    if source.value is None and source.findings:
        return
    value = _with_what_is_meant(source, schema, label)
    told = {finding.pointer for finding in source.findings}
    for found in schema_errors.check(schema, value, label):
        if found.pointer not in told:
            line = source.line(found.pointer)
            source.findings.append(Finding(found.pointer, found.label, found.message, Level.ERROR, source.path, line))


def _with_what_is_meant(source: Source, schema: dict[str, Any], label: schema_errors.Labels) -> Any:
    """The value with true, false or a number where that is wanted, and quotes would only lead to the next finding."""
    value = source.value
    wrong = len(schema_errors.check(schema, value, label)) if source.surprises else 0
    for finding, text in source.surprises.items():
        meant = _meant(text)
        other = _put(value, finding.pointer, meant)
        left = len(schema_errors.check(schema, other, label))
        if left < wrong:
            value, wrong = other, left
            word = str(meant).lower() if isinstance(meant, bool) else "null" if meant is None else str(meant)
            remedy = f"a whole number, like {word}" if "." in text and _fraction(text) else word
            message = finding.message.replace(f'write "{text}"', f"write {remedy}")
            source.findings[source.findings.index(finding)] = replace(finding, message=message)
    return value


def _fraction(text: str) -> bool:
    return bool(text.partition(".")[2].strip("0"))


def _meant(text: str) -> bool | int | str | None:
    """What somebody who wrote this without quotes may have wanted; the text itself where nobody knows."""
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    if word == "null":
        return None
    plain = word.replace("_", "")
    if len(plain) > _DIGITS:
        return text
    for base, start in ((16, r"[-+]?0x"), (2, r"[-+]?0b"), (8, r"0o")):
        if re.match(start, plain):
            return int(plain, base)
    try:
        return int(plain)  # 010 is ten to whoever wrote it
    except ValueError:
        pass
    try:
        return int(float(plain)) or 1
    except (ValueError, OverflowError):
        return text


def _put(value: Any, place: str, new: Any) -> Any:
    """A copy of the value with something else at a JSON Pointer."""
    if not place:
        return new
    root = copy.deepcopy(value)
    here = root
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in place[1:].split("/"))
    for part in path:
        here = here[int(part) if isinstance(here, list) else part]
    here[int(last) if isinstance(here, list) else last] = new
    return root
