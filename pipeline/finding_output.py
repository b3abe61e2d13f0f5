"""Findings as lines: for people, for programs (JSON), for GitHub's annotations."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence

from pipeline.findings import Finding, Level


def lines(found: Sequence[Finding], form: str) -> Iterator[str]:
    """`form`: text, json or github."""
    if form == "json":
        yield json.dumps([finding.as_dict() for finding in found], ensure_ascii=False, indent=1)
        return
    for finding in found:
        yield annotation(finding) if form == "github" else str(finding)


def printable(text: str) -> str:
    """One line without control characters: what strangers wrote moves no cursor and starts no workflow command.

    A command is `::` at the beginning of a line, or `##[` anywhere (actions/runner, ActionCommand.cs).
    """
    line = "".join(character if character.isprintable() else " " for character in text)
    return re.sub(r"^(\s*:)(?=:)|##(?=\[)", r"\g<0> ", line)


class LogLines(logging.Formatter):
    """Also of an error that nobody foresaw, whose words may have anything in them."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(printable(line) for line in super().format(record).splitlines())


def annotation(finding: Finding) -> str:
    """GitHub's workflow command (GitHub Docs, "Workflow commands": setting an error or a notice message)."""

    def data(text: str) -> str:
        return printable(text).replace("%", "%25")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    place = f"file={value(finding.file)},line={finding.line}," if finding.file else ""
    command = "notice" if finding.level is Level.NOTE else "error"
    return f"::{command} {place}title={value(finding.label)}::{data(finding.message)}"
