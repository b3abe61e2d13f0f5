"""`forget`: what somebody sent is removed; that it was, and all that was done with it, stays in the events (D10).

First the event, then what lies outside of the case, then the case's own files, which say whose the rest is: killed in
between, the next call finds what is left, and no chain speaks of a file that is gone without saying why. Cases that were
joined are one person's, and are forgotten together.

Where a chain is damaged nothing can be appended to it: the files go all the same, and the event is written by the next
call, once the chain has been restored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.cases.events import CONTACT, FORGOTTEN, JOINED, LINKED, Case, Event
from pipeline.cases.name_matching import same_address
from pipeline.cases.state import standing
from pipeline.cases.store import Store
from pipeline.data.model import Data
from pipeline.data.process import State
from pipeline.durable import alone, names, remove, remove_folder
from pipeline.errors import CannotGoOn, StoreFailed, UnreadableInput
from pipeline.forms import json_schema
from pipeline.submissions import inbox, references
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.submission import sha256
from pipeline.timestamps import stamp

COMMAND_LINE = "command line"


@dataclass
class Forgotten:
    """`references` of all cases that belong together; `removed` counts files; `paths` is what history must not show.

    `damaged`: those of them in which no event could say so, since their chain is broken. `addresses`: what was written in
    what is removed, for who looks elsewhere; to be shown to nobody.
    """

    references: tuple[str, ...]
    removed: int = 0
    recorded: int = 0
    paths: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Forget:
    """`elsewhere`: places beside the records where deliveries wait on this machine (quarantine, complaints, an outbox).

    `by` is a login or COMMAND_LINE. `past` finds what only the history still has of some references: its paths.
    """

    store: Store
    prefix: str
    elsewhere: tuple[Inbox, ...]
    by: str
    now: datetime
    past: Callable[[Collection[str]], Iterable[str]] = lambda _references: ()

    def __call__(self, reference: str) -> Forgotten:
        """Done again it removes what has come since, and records nothing if there is nothing. Raises CannotGoOn."""
        cases = list(self._joined(reference))
        done = Forgotten(tuple(case.reference for case in cases))
        done.damaged = [name for name in done.references if self.store.readable(name) is None]
        waiting = [*(path for place in self._inboxes() for path in self._waiting(place, cases)), *self._aside(cases)]
        kept = any(case.events or (self.store.folder(case.reference) / "private").is_dir() for case in cases)
        past = list(self.past(done.references))
        if not (kept or waiting or done.damaged or past):
            raise CannotGoOn(f"There is no case {reference} here; compare the reference")
        done.addresses = [*self._addresses(cases), *(_address(_content(path)) for path in waiting)]
        for case in (case for case in cases if case.reference not in done.damaged):
            done.recorded += self._record(case, waiting)
        for path in waiting:
            # What was found in it goes first: alone it would not show any more whose it is.
            for file in (path.with_name(f"{path.name}.findings"), path):
                done.removed += file.is_file()
                remove(file)
        for case in cases:
            if case.reference not in done.damaged:
                done.recorded += self._record(self._case(case.reference), [])  # what an intake took in meanwhile
            done.removed += remove_folder(self.store.folder(case.reference) / "private")
            if not case.events and case.reference not in done.damaged:
                # Nothing speaks of it any more: a claim that stayed would say that something is missing.
                for place in self._inboxes():
                    remove(place.claims / f"{case.reference}.json")
        if any(self._came(case) for case in cases if case.reference not in done.damaged):
            more = self(reference)  # an intake has taken it in meanwhile
            done.removed, done.recorded = done.removed + more.removed, done.recorded + more.recorded
            past += more.paths
        done.paths = sorted({*self._paths(done.references), *self._names(waiting), *past})
        return done

    def alone(self) -> AbstractContextManager[None]:
        """No intake and no relay of this machine moves a delivery meanwhile. To be held from before the records are refreshed."""
        return alone(self.store.root, *(place.root for place in self.elsewhere))

    def _came(self, case: Case) -> bool:
        """A delivery came since the case was read, and no event says that it is forgotten."""
        now = self._case(case.reference)
        return any(not now.forgotten(event) for event in now.deliveries if event.number > len(case.events))

    def open(self, data: Data, reference: str) -> Iterator[tuple[str, State]]:
        """The cases that belong together and are still worked on, as far as they can be read, with where they stand."""
        for case in self._joined(reference):
            if case.events and self.store.readable(case.reference) and case.opening.type != CONTACT:
                here = standing(data, case).state
                if here.open:
                    yield case.reference, here

    def _joined(self, reference: str) -> Iterator[Case]:
        """The case and those joined with it, whichever way."""
        seen, ahead = {reference}, [reference]
        while ahead:
            case = self._case(ahead.pop())
            yield case
            others = list(_named(case))
            if self.store.readable(case.reference) is None:  # what named them may be what is damaged
                others += [one.reference for one in self.store.cases() if case.reference in _named(one)]
            for other in others:
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)

    def _case(self, reference: str) -> Case:
        """Of a damaged one what can be read at all, in whatever order it lies there."""
        case = self.store.readable(reference)
        if case is not None:
            return case
        folder = self.store.folder(reference) / "events"
        found = (_event(number, folder / name) for number, name in enumerate(names(folder, ".json"), 1))
        return Case(reference, tuple(event for event in found if event))

    def _inboxes(self) -> tuple[Inbox, ...]:
        return (Inbox(self.store.root, self.prefix), *self.elsewhere)

    def _waiting(self, place: Inbox, cases: Iterable[Case]) -> Iterator[Path]:
        """Deliveries of these cases: by their own reference, the one typed in, or the key of something in the case."""
        wanted = {case.reference for case in cases}
        keys = {str(event.data["key"]) for case in cases for event in case.deliveries if "key" in event.data}
        for name in place.names():
            try:
                delivery = inbox.read(place.path(name))
            except (ValueError, UnreadableInput, FileNotFoundError):
                continue  # no delivery, or taken in just now
            if wanted & set(self._references(delivery)) or keys & set(_keys(delivery)):
                yield place.path(name)

    def _aside(self, cases: Sequence[Case]) -> Iterator[Path]:
        """In rejected/ also what came from the same address, unless it is another case's; and what only names the reference."""
        place = Inbox(self.store.root, self.prefix, Rejected(self.store.root).folder.name)
        certain, wanted = list(self._waiting(place, cases)), {case.reference for case in cases}
        addresses = list(self._addresses(cases))
        for name in place.names():
            path = place.path(name)
            if path in certain or self._is_theirs(path, wanted, addresses):
                yield path

    def _is_theirs(self, path: Path, wanted: set[str], addresses: list[str]) -> bool:
        try:
            delivery = inbox.read(path)
        except FileNotFoundError:
            return False
        except (ValueError, UnreadableInput):
            text = path.read_text("utf-8", "replace")
            return any(re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", text, re.IGNORECASE) for one in wanted)
        made = (name for key in _keys(delivery) for name in references.candidates(self.prefix, key))
        others = {name for name in (*self._references(delivery), *made) if self.store.folder(name).is_dir()} - wanted
        return not others and any(same_address(_address(delivery.content), one) for one in addresses)

    def _addresses(self, cases: Iterable[Case]) -> Iterator[str]:
        """What the applicant wrote in anything that these cases still hold."""
        for case in cases:
            for path in sorted((self.store.folder(case.reference) / "private").glob("*/submission.json")):
                try:
                    yield _address(json.loads(path.read_bytes()))
                except (OSError, ValueError):
                    continue

    def _references(self, delivery: Delivery) -> Iterator[str]:
        yield delivery.reference
        case = delivery.content.get("case")
        typed = references.normalise(self.prefix, str(case.get("reference", ""))) if isinstance(case, dict) else None
        if typed:
            yield typed

    def _record(self, case: Case, waiting: list[Path]) -> bool:
        """One event for everything that no event has called forgotten yet. Raises StoreFailed if a rival wrote it."""
        kept = any(not case.forgotten(event) for event in case.deliveries)
        told = {name for event in case.events if event.type == FORGOTTEN for name in event.data["files"]}
        here = self._names(waiting)
        if not case.events or not (kept or set(here) - told):
            return False
        data = {"files": here}
        if not self.store.append(case, FORGOTTEN, at=stamp(self.now), by=self.by, data=data):
            raise StoreFailed(f"Somebody else was writing to {case.reference}; run this again")
        return True

    def _names(self, waiting: list[Path]) -> list[str]:
        """Of those that lie in the records themselves."""
        return sorted(str(path.relative_to(self.store.root)) for path in waiting if self.store.root in path.parents)

    def _paths(self, cases: tuple[str, ...]) -> Iterator[str]:
        """All that ever lay in the records: the events say under which names."""
        for reference in cases:
            yield f"cases/{reference}/private"
            for event in self._case(reference).events:
                if event.type == FORGOTTEN:
                    files = event.data.get("files", [])
                    yield from files
                    yield from (f"{name}.findings" for name in files if name.startswith("rejected/"))
                elif "digest" in event.data and "key" in event.data:
                    name = f"{event.data['key']}-{event.data['digest'][:16]}.json"
                    yield from (f"inbox/{name}", f"rejected/{name}", f"rejected/{name}.findings")


def _address(content: object) -> str:
    applicant = content.get("applicant") if isinstance(content, Mapping) else None
    return str(applicant.get("email", "")) if isinstance(applicant, Mapping) else ""


def _content(path: Path) -> object:
    """Of a delivery; nothing of what is none."""
    try:
        return inbox.read(path).content
    except (ValueError, UnreadableInput, FileNotFoundError):
        return None


def _named(case: Case) -> Iterator[str]:
    """The cases that are joined with it."""
    for event in case.events:
        other = event.data.get({LINKED: "of", JOINED: "reference"}.get(event.type, ""))
        if other:
            yield str(other)


def _event(number: int, path: Path) -> Event | None:
    """Whatever it follows on; None if nothing can be read from it."""
    try:
        value = json.loads(path.read_bytes())
        data = dict(value["data"])
        return Event(number, str(value["type"]), str(value["at"]), str(value["by"]), value["previous"], data, "")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keys(delivery: Delivery) -> Iterator[str]:
    """The key in its name, and the one it would have been given."""
    content = delivery.content
    yield delivery.name.partition("-")[0]
    kind = content.get("kind")
    about = content.get("topic" if kind == json_schema.CONTACT else "profile")
    yield sha256([kind, about, content.get("id") or dict(content)])
