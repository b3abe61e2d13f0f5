"""The events of one case as a chain: each names the SHA-256 of the one before, and the first broken link is what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import schema_errors
from pipeline.cases.events import Case, Event
from pipeline.cases.git_origins import same
from pipeline.durable import names
from pipeline.findings import Finding
from pipeline.i18n import _
from pipeline.submissions.validation import Judge


def walked(judge: Judge, folder: Path) -> tuple[Case, list[Finding]]:
    """The events up to the first broken link, and what is wrong with that one."""
    events: list[Event] = []
    for number, name in enumerate(names(folder / "events", ".json"), 1):
        path = folder / "events" / name
        data = read(path) or b""
        value, message = _parsed(data)
        if name != f"{number:04}.json":
            message = _("comes where {number:04}.json is expected; restore that one from Git").format(number=number)
        elif not message:
            message = _follows(events, value)
        if message:
            return Case(folder.name, tuple(events)), [finding(folder.name, name, message)]
        found = schema_errors.check(schema_errors.data_schema(judge.schemas, "event"), value, schema_errors.last_name)
        if found:
            words = "; ".join(f"{finding.label}: {finding.message}" for finding in found)
            return Case(folder.name, tuple(events)), [finding(folder.name, name, words)]
        if not _is_moment(value["at"]):
            words = _("at: {value} is no time; restore it from Git").format(value=value["at"])
            return Case(folder.name, tuple(events)), [finding(folder.name, name, words)]
        digest = sha256_of(data)
        events.append(Event(number, value["type"], value["at"], value["by"], value["previous"], value["data"], digest))
    return Case(folder.name, tuple(events)), []


def first_changed(folder: Path, written: Mapping[str, str]) -> Iterator[Finding]:
    """The first event that is not what it was when it was written, as the history has it."""
    for name, blob in sorted(written.items()):
        path = folder / "events" / name
        content = read(path)
        if content is None:
            yield finding(folder.name, name, _("was written and is there no more; restore it from Git"))
            return
        if not same(blob, content):
            yield finding(folder.name, name, _("has been changed after it was written; restore it from Git"))
            return


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _parsed(data: bytes) -> tuple[dict[str, Any], str]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    wrong = "" if isinstance(value, dict) else _("is no event; restore it from Git")
    return value if isinstance(value, dict) else {}, wrong


def _follows(events: list[Event], value: dict[str, Any]) -> str:
    """What is wrong with the link to the event before; "" if nothing is."""
    expected, said = events[-1].sha256 if events else None, value.get("previous")
    if said == expected:
        return ""
    if expected is None:
        return _("is the first event, but names one before it; restore what is missing from Git")
    words = _(
        "names {said} as the SHA-256 of {before:04}.json, which has {expected}: one of the two was changed; "
        "restore them from Git"
    )
    return words.format(said=said, before=events[-1].number, expected=expected)


def read(path: Path) -> bytes | None:
    """None if there is no such file, or no more."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def finding(reference: str, event: Event | str, message: str) -> Finding:
    name = event if isinstance(event, str) else f"{event.number:04}.json"
    return Finding("", reference, message, file=f"cases/{reference}/events/{name}", line=1)
