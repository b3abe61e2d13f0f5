"""Findings as lines: for people, for programs (JSON), for GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from pipeline.findings import Finding


def lines(found: Sequence[Finding], form: str) -> Iterator[str]:
    """`form`: text, json or github."""
    if form == "json":
        yield json.dumps([finding.as_dict() for finding in found], ensure_ascii=False, indent=1)
        return
    for finding in found:
        yield annotation(finding) if form == "github" else printable(str(finding))


def printable(text: str) -> str:
    """One line without control characters: what strangers wrote moves no cursor and starts no workflow command."""
    return "".join(character if character.isprintable() else " " for character in text)


def annotation(finding: Finding) -> str:
    """GitHub's workflow command (GitHub Docs, "Workflow commands": setting an error message)."""

    def data(text: str) -> str:
        return printable(text).replace("%", "%25")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    place = f"file={value(finding.file)},line={finding.line}," if finding.file else ""
    return f"::error {place}title={value(finding.label)}::{data(finding.message)}"
