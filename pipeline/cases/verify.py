"""`verify-cases`: every chain of events walked, and what each event says compared with what lies there. It changes nothing.

A chain shows accidents and edits, not a writer who rewrites all of it (D3): that is what clones and backups are for.
That its last events were changed or taken away is seen where there is a history (origins.py).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import shape
from pipeline.accept import references
from pipeline.accept.check import Judge
from pipeline.accept.inbox import Inbox
from pipeline.accept.submission import sha256
from pipeline.audit import reasons
from pipeline.audit.document import file_name
from pipeline.cases.events import CONTACT, DELIVERIES, Case, Event
from pipeline.cases.origins import origins, same
from pipeline.cases.standing import facts_at
from pipeline.cases.store import Store
from pipeline.files import names
from pipeline.findings import Finding, Level
from pipeline.profiles.process import PIPELINE, Transition
from pipeline.text import _

NAMED = ("kind", "about", "key", "digest", "schema")  # what an event of a delivery says of it


@dataclass
class Verified:
    """`findings` of all cases at once; `cases` and `events` count what was looked at."""

    findings: list[Finding] = field(default_factory=list)
    cases: int = 0
    events: int = 0


def verify(judge: Judge, store: Store, elsewhere: tuple[Inbox, ...] = ()) -> Verified:
    """`elsewhere`: places beside the records where a delivery can wait, as the quarantine.

    Also of the folders whose names begin with a dot: they hold the claims of issues that belong to no case."""
    done, written = Verified(), origins(store.root)
    inboxes = (Inbox(store.root, judge.data.organization.reference_prefix), *elsewhere)
    folder = store.root / "cases"
    for reference in sorted(os.listdir(folder)) if folder.is_dir() else []:
        private = folder / reference / "private"
        if private.is_dir() and not names(folder / reference / "events", ".json"):
            words = _("has what was sent, and no event that says so; restore its events from Git")
            done.findings.append(Finding("", reference, words, file=f"cases/{reference}/private"))
        if (folder / reference / "events").is_dir():
            done.cases += 1
            case, found = _chain(judge, folder / reference)
            done.events += len(case.events)
            found = found or list(_first_changed(folder / reference, written.get(reference, {})))
            done.findings += found or list(_sense(judge, store, case, inboxes))
    done.findings += _gone(judge, store, elsewhere)
    return done


def _gone(judge: Judge, store: Store, elsewhere: tuple[Inbox, ...]) -> Iterator[Finding]:
    """Cases that are nowhere but among the references. What still waits, or lies aside, has no case yet."""
    prefix = judge.data.organization.reference_prefix
    if not (store.root / "cases").is_dir():
        return  # nothing has been taken in yet
    places = (Inbox(store.root, prefix), Inbox(store.root, prefix, "rejected"), *elsewhere)
    waiting = {name.partition("-")[0] for place in places for name in place.names()}
    for name in names(store.root / "references", ".json"):
        reference = name.removesuffix(".json")
        key = _claimed_key(store.root / "references" / name)
        if key not in waiting and not store.folder(reference).is_dir():
            words = _(
                "has no folder in cases/, though this names it; restore it from Git, or see if it waits elsewhere"
            )
            yield Finding("", reference, words, file=f"references/{name}")


def _claimed_key(path: Path) -> str:
    """Whose reference it is; "" if that cannot be read."""
    try:
        return str(json.loads(path.read_bytes())["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _chain(judge: Judge, folder: Path) -> tuple[Case, list[Finding]]:
    """The events up to the first broken link, and what is wrong with that one."""
    events: list[Event] = []
    for number, name in enumerate(names(folder / "events", ".json"), 1):
        path = folder / "events" / name
        data = path.read_bytes() if path.is_file() else b""
        value, message = _read(data)
        if name != f"{number:04}.json":
            message = _("comes where {number:04}.json is expected; restore that one from Git").format(number=number)
        elif not message:
            message = _follows(events, value)
        if message:
            return Case(folder.name, tuple(events)), [_finding(folder.name, name, message)]
        found = shape.check(shape.data_schema(judge.schemas, "event"), value, shape.last_name)
        if found:
            words = "; ".join(f"{finding.label}: {finding.message}" for finding in found)
            return Case(folder.name, tuple(events)), [_finding(folder.name, name, words)]
        if not _is_moment(value["at"]):
            words = _("at: {value} is no time; restore it from Git").format(value=value["at"])
            return Case(folder.name, tuple(events)), [_finding(folder.name, name, words)]
        digest = _sha256(data)
        events.append(Event(number, value["type"], value["at"], value["by"], value["previous"], value["data"], digest))
    return Case(folder.name, tuple(events)), []


def _first_changed(folder: Path, written: Mapping[str, str]) -> Iterator[Finding]:
    """The first event that is not what it was when it was written, as the history has it."""
    for name, blob in sorted(written.items()):
        path = folder / "events" / name
        if not path.is_file():
            yield _finding(folder.name, name, _("was written and is there no more; restore it from Git"))
            return
        if not same(blob, path.read_bytes()):
            yield _finding(folder.name, name, _("has been changed after it was written; restore it from Git"))
            return


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _read(data: bytes) -> tuple[dict[str, Any], str]:
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


def _sense(judge: Judge, store: Store, case: Case, inboxes: tuple[Inbox, ...]) -> Iterator[Finding]:
    """Of a chain that holds: it is this reference's, what its events speak of is there, and nothing else; and the process
    table allows where they lead."""
    if not case.events or case.reference.startswith("."):
        return
    if message := _whose(judge, store, case):
        yield _finding(case.reference, case.opening, message)
    for event in case.events:
        if event.type in DELIVERIES:
            yield from (_finding(case.reference, event, message) for message in _delivery(store, case, event))
        if "reasons" in event.data:
            message = _kept(store, case, event, str(event.data["reasons"]), reasons.FILE)
            yield from [_finding(case.reference, event, message)] if message else []
    yield from _unnamed(store, case, inboxes)
    if case.opening.type != CONTACT:
        yield from _moves(judge, case)


def _whose(judge: Judge, store: Store, case: Case) -> str:
    """Why this chain is not this reference's; "" if it is. One that was joined by somebody's secret can have any key.

    What a relay hands on is claimed at the relay, not here; then the reference must be one that the key makes.
    """
    path = store.root / "references" / f"{case.reference}.json"
    own = [str(event.data.get("key")) for event in case.deliveries if not event.data.get("joined")]
    if path.is_file():
        claimed = _claimed_key(path)
        if all(key == claimed for key in own):
            return ""
        words = _("is about something else than references/{reference}.json says; restore the folder from Git")
        return words.format(reference=case.reference)
    prefix = judge.data.organization.reference_prefix
    ends = [name.removeprefix(prefix) for key in own for name in references.candidates(prefix, key)]
    if not own or case.reference.endswith(tuple(ends)):
        return ""
    words = _(
        "belongs to no reference that was given; if its folder is a copy, remove it, else restore {place} from Git"
    )
    return words.format(place=f"references/{case.reference}.json")


def _unnamed(store: Store, case: Case, inboxes: tuple[Inbox, ...]) -> Iterator[Finding]:
    """Private folders that nothing should be in. What waits in an inbox is written before the event that names it."""
    kept: set[str] = set()
    gone: set[str] = set()
    for event in case.events:
        digests = {str(event.data[name])[:16] for name in ("digest", "reasons") if name in event.data}
        (gone if case.forgotten(event) else kept).update(digests)
    waiting = {name.removesuffix(".json").rpartition("-")[2] for place in inboxes for name in place.names()}
    folder = store.folder(case.reference) / "private"
    for name in sorted(os.listdir(folder)) if folder.is_dir() else []:
        if name in kept | waiting:
            continue
        if name in gone:
            words = _("was forgotten, and is there; run: python -m pipeline forget {reference}")
        else:
            words = _("is named by no event; see what it is, then remove it, or do again what was broken off")
        yield Finding(
            "", case.reference, words.format(reference=case.reference), file=f"cases/{case.reference}/private/{name}"
        )


def _delivery(store: Store, case: Case, event: Event) -> Iterator[str]:
    missing = [name for name in NAMED if not isinstance(event.data.get(name), str)]
    if missing:
        yield _("does not say of its delivery: {names}").format(names=", ".join(missing))
        return
    digest, schema = str(event.data["digest"]), str(event.data["schema"])
    if _digest(store.root / "schemas" / f"{schema}.json") != schema:
        yield _("schemas/{name}.json is not what it was judged by; restore it from Git").format(name=schema)
    if message := _kept(store, case, event, digest, "submission.json"):
        yield message
    said, name = event.data.get("document"), file_name(str(event.data["kind"]))
    path = store.private(case.reference, digest) / name
    if said and not case.forgotten(event) and not (path.is_file() and _sha256(path.read_bytes()) == said):
        words = _("names {place}, which has been changed; restore it from Git")
        yield words.format(place=f"private/{digest[:16]}/{name}")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _kept(store: Store, case: Case, event: Event, digest: str, name: str) -> str:
    """What is wrong with a private file that an event names by its hash; "" if nothing is, or if it was forgotten."""
    if case.forgotten(event):
        return ""
    found, place = _digest(store.private(case.reference, digest) / name), f"private/{digest[:16]}/{name}"
    if found is None:
        words = _("names {place}, which is not there, and no event says that it was forgotten; restore it from Git")
        return words.format(place=place)
    if found != digest:
        return _("names {place}, which has been changed; restore it from Git").format(place=place)
    return ""


def _digest(path: Path) -> str | None:
    """SHA-256 of a file's canonical JSON; "" of what is no JSON, None if there is no file."""
    if not path.is_file():
        return None
    try:
        return sha256(json.loads(path.read_bytes()))
    except ValueError:
        return ""


def _moves(judge: Judge, case: Case) -> Iterator[Finding]:
    """Each step from one state to the next, along the process table as it is now."""
    process, profile = judge.data.process, judge.data.profile(case.about)
    here = process.start
    for index, event in enumerate(case.events):
        target = event.data.get("to")
        if target is not None:
            message = _refused(judge, here, event)
            if message:
                yield _finding(case.reference, event, message)
                return
            if message := _by_another(judge, event):
                yield replace(_finding(case.reference, event, message), level=Level.NOTE)
            here = str(target)
            continue
        row = process.by_event(event.type, here, facts_at(case, index, profile))
        if row and row.who != (PIPELINE,):
            yield _finding(case.reference, event, _("does not say from which state to which it leads"))
            return
        here = row.target(here) if row else here


def _refused(judge: Judge, here: str, event: Event) -> str:
    """Why the process table does not allow an event that names its states; "" if it does, whoever may do it today."""
    source, target = event.data.get("from"), event.data["to"]
    if source != here:
        return _("leads from {source}, but the case was in {here}").format(source=source, here=here)
    if not isinstance(event.data.get("role"), str):
        return _("does not say in which role it was done")
    if _rows(judge, event):
        return ""
    words = _("the process table has no {event} from {source} to {target}")
    return words.format(event=event.type, source=source, target=target)


def _by_another(judge: Judge, event: Event) -> str:
    """That the table gives this to another role today: who might do it can be changed at any time, what was done cannot."""
    role = event.data.get("role")
    if any(role == row.part(one) for row in _rows(judge, event) for one in row.who):
        return ""
    words = _("was done by {role}, which the process table does not allow now; look whether it did then")
    return words.format(role=role)


def _rows(judge: Judge, event: Event) -> list[Transition]:
    """Of the table as it is now: those that lead from where this event says to where it says."""
    source, target = event.data.get("from"), event.data["to"]
    rows = (row for row in judge.data.process.transitions if row.event == event.type and source in row.sources)
    return [row for row in rows if row.target(str(source)) == target]


def _finding(reference: str, event: Event | str, message: str) -> Finding:
    name = event if isinstance(event, str) else f"{event.number:04}.json"
    return Finding("", reference, message, file=f"cases/{reference}/events/{name}", line=1)
