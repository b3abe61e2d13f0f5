"""`verify-cases`: every chain of events walked, and what each event says compared with what lies there. It changes nothing.

A chain shows accidents and edits, not a writer who rewrites all of it (D3): that is what clones and backups are for.
That its last events were changed or taken away is seen where there is a history (git_origins.py).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.cases import reasons
from pipeline.cases.chain import finding, first_changed, read, sha256_of, walked
from pipeline.cases.events import CONTACT, DELIVERIES, PORTFOLIO, Case, Event
from pipeline.cases.git_origins import Origins, origins
from pipeline.cases.state import facts_at
from pipeline.cases.store import Store
from pipeline.data.process import PIPELINE, Transition
from pipeline.durable import names
from pipeline.findings import Finding, Level, errors
from pipeline.i18n import _
from pipeline.submissions import references
from pipeline.submissions.document import file_name
from pipeline.submissions.inbox import Inbox
from pipeline.submissions.submission import sha256
from pipeline.submissions.validation import Judge

NAMED = ("kind", "about", "key", "digest", "schema")  # what an event of a delivery says of it
PAUSES = (0.05, 0.3, 1.5)  # seconds before what seemed wrong is looked at again


@dataclass
class Verified:
    """`findings` of all cases at once; `cases` and `events` count what was looked at."""

    findings: list[Finding] = field(default_factory=list)
    cases: int = 0
    events: int = 0


def verify(judge: Judge, store: Store, elsewhere: tuple[Inbox, ...] = ()) -> Verified:
    """`elsewhere`: places beside the records where a delivery can wait, as the quarantine.

    Also of the folders whose names begin with a dot: they hold the claims of issues that belong to no case.
    Others may be writing meanwhile: what seems wrong is looked at again, and what stays wrong is told.
    """
    written = origins(store.root)
    looks = {reference: _look(judge, store, elsewhere, written, reference) for reference in _references(store, written)}
    for pause in PAUSES:
        doubtful = [reference for reference, look in looks.items() if errors(look.findings)]
        if not doubtful:
            break
        time.sleep(pause)
        for reference in doubtful:
            again, before = _look(judge, store, elsewhere, written, reference), looks[reference].findings
            again.findings = [one for one in again.findings if one in before or one.level is not Level.ERROR]
            looks[reference] = again
    done = Verified()
    for look in looks.values():
        done.findings += look.findings
        done.cases += look.cases
        done.events += look.events
    return done


def _references(store: Store, written: Origins) -> list[str]:
    folder = store.root / "cases"
    if not folder.is_dir():
        return []  # nothing has been taken in yet
    claimed = (name.removesuffix(".json") for name in names(store.root / "references", ".json"))
    return sorted({*os.listdir(folder), *claimed, *written})


def _look(judge: Judge, store: Store, elsewhere: tuple[Inbox, ...], written: Origins, reference: str) -> Verified:
    """One case as it is at this moment."""
    prefix = judge.data.organization.reference_prefix
    inboxes = (Inbox(store.root, prefix), *elsewhere)
    waiting = {name for place in (*inboxes, Inbox(store.root, prefix, "rejected")) for name in place.names()}
    folder = store.root / "cases" / reference
    if not folder.is_dir():
        return Verified(list(_gone(store, reference, waiting, reference in written)))
    done = Verified()
    if (folder / "events").is_dir():
        done.cases = 1
        case, found = walked(judge, folder)
        done.events = len(case.events)
        found = found or list(first_changed(folder, written.get(reference, {})))
        done.findings += found or list(_sense(judge, store, case, waiting))
    if not names(folder / "events", ".json") and not _listed(folder / "private") <= _digests(waiting):
        words = _("has what was sent, and no event that says so; restore its events from Git")
        done.findings.append(Finding("", reference, words, file=f"cases/{reference}/private"))
    return done


def _gone(store: Store, reference: str, waiting: set[str], written: bool) -> Iterator[Finding]:
    """A case that is nowhere but among the references, or in the history. What waits, or lies aside, has no case yet."""
    path = store.root / "references" / f"{reference}.json"
    key = _claimed_key(path)
    if (written or path.is_file()) and not any(name.startswith(f"{key}-") for name in waiting):
        words = _(
            "has no folder in cases/, though this names it. See if it waits elsewhere, or restore it from a backup. "
            "If it was removed on purpose, run: python -m pipeline forget {reference}"
        )
        yield Finding("", reference, words.format(reference=reference), file=f"references/{reference}.json")


def _digests(waiting: set[str]) -> set[str]:
    """Of the deliveries, as their private folders are called."""
    return {name.removesuffix(".json").rpartition("-")[2] for name in waiting}


def _listed(folder: Path) -> set[str]:
    """What lies in a folder; nothing once that is gone."""
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _claimed_key(path: Path) -> str:
    """Whose reference it is; "" if that cannot be read."""
    try:
        return str(json.loads(path.read_bytes())["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _sense(judge: Judge, store: Store, case: Case, waiting: set[str]) -> Iterator[Finding]:
    """Of a chain that holds: it is this reference's, what its events speak of is there, and nothing else; and the process
    table allows where they lead."""
    if not case.events or case.reference.startswith("."):
        return
    if message := _whose(judge, store, case):
        yield finding(case.reference, case.opening, message)
    for event in case.events:
        if event.type in DELIVERIES:
            yield from (finding(case.reference, event, message) for message in _delivery(store, case, event))
        if "reasons" in event.data:
            message = _kept(store, case, event, str(event.data["reasons"]), reasons.FILE)
            yield from [finding(case.reference, event, message)] if message else []
    yield from _unnamed(store, case, waiting)
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


def _unnamed(store: Store, case: Case, waiting: set[str]) -> Iterator[Finding]:
    """Private folders that nothing should be in. What waits in an inbox is written before the event that names it."""
    kept: set[str] = set()
    gone: set[str] = set()
    for event in case.events:
        digests = {str(event.data[name])[:16] for name in ("digest", "reasons") if name in event.data}
        (gone if case.forgotten(event) else kept).update(digests)
    folder = store.folder(case.reference) / "private"
    for name in sorted(_listed(folder) - kept - _digests(waiting)):
        level = Level.ERROR
        if name in gone:
            words = _("was forgotten, and is there; run: python -m pipeline forget {reference}")
        elif _broken_off(store, case, folder / name):
            words = _("was written for a command that was broken off; give the command again, or remove it")
            level = Level.NOTE
        else:
            words = _("is named by no event; see what it is, then remove it, or do again what was broken off")
        place = f"cases/{case.reference}/private/{name}"
        yield Finding("", case.reference, words.format(reference=case.reference), level, file=place)


def _broken_off(store: Store, case: Case, folder: Path) -> bool:
    """What a command writes before its event: reasons, or a copy of a portfolio that is to be linked."""
    found = _listed(folder)
    if found and found <= {reasons.FILE, reasons.DOCUMENT}:
        return True
    others = (other for other in store.cases() if other.reference != case.reference)
    sent = (other.current(PORTFOLIO) for other in others)
    return any(event and event.data["digest"][:16] == folder.name for event in sent)


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
    if said and not case.forgotten(event) and sha256_of(read(path) or b"") != said:
        words = _("names {place}, which has been changed; restore it from Git")
        yield words.format(place=f"private/{digest[:16]}/{name}")


def _kept(store: Store, case: Case, event: Event, digest: str, name: str) -> str:
    """What is wrong with a private file that an event names by its hash; "" if nothing is, or if it was forgotten."""
    if case.forgotten(event):
        return ""
    found, place = _digest(store.private(case.reference, digest) / name), f"private/{digest[:16]}/{name}"
    if found is None:
        words = _(
            "names {place}, which is not there, and no event says that it was forgotten. If it was, run: "
            "python -m pipeline forget {reference}; else restore it from Git"
        )
        return words.format(place=place, reference=case.reference)
    if found != digest:
        return _("names {place}, which has been changed; restore it from Git").format(place=place)
    return ""


def _digest(path: Path) -> str | None:
    """SHA-256 of a file's canonical JSON; "" of what is no JSON, None if there is no file."""
    content = read(path)
    if content is None:
        return None
    try:
        return sha256(json.loads(content))
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
                yield finding(case.reference, event, message)
                return
            if message := _by_another(judge, event):
                yield replace(finding(case.reference, event, message), level=Level.NOTE)
            here = str(target)
            continue
        row = process.by_event(event.type, here, facts_at(case, index, profile))
        if row and row.who != (PIPELINE,):
            yield finding(case.reference, event, _("does not say from which state to which it leads"))
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
