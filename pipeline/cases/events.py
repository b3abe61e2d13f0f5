"""A case's events: numbered files, each naming the SHA-256 of the one before. Append-only, no personal data (D3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.durable import names, write_new
from pipeline.errors import StoreFailed
from pipeline.submissions.sequence import Turn

RECEIVED, REVISED, CONTACT = "received", "revised", "contact_received"
LINKED = "portfolio_linked"
JOINED = "linked"  # its portfolio goes on in the case that it names
PORTFOLIO = "portfolio"  # the kind of delivery that is audited
DELIVERIES = (RECEIVED, REVISED, CONTACT, LINKED)
CLAIMED, OPENED, UPDATED, DELETED = "issue_claimed", "issue_opened", "issue_updated", "issue_deleted"
AUDITING = "claimed"
ASSIGNED, APPEALED = "assigned", "appealed"
CREDITED = "credited"
EVIDENCE, RETURNED = "evidence_requested", "returned"
FORGOTTEN = "forgotten"
REMINDED, ESCALATED = "reminded", "escalated"
ANSWERED = "answered"  # a comment that changed nothing
MESSAGE_ANSWERED = "message_answered"
UNATTENDED = (
    *DELIVERIES,
    CLAIMED,
    OPENED,
    UPDATED,
    DELETED,
    REMINDED,
    ESCALATED,
    ANSWERED,
)  # nobody's work on the case


@dataclass(frozen=True)
class Event:
    """`at` is UTC; `by` a role login or the name of a process; `previous` the hex SHA-256 of the file before."""

    number: int
    type: str
    at: str
    by: str
    previous: str | None
    data: Mapping[str, Any]
    sha256: str

    @property
    def received(self) -> str:
        """When a delivery came, UTC: before `at` where it could be taken in only later (a quarantine, a relay without a net)."""
        return str(self.data.get("received", self.at))

    @property
    def turn(self) -> Turn:
        """Of a delivery: the place in the order of the machine that took it."""
        return Turn(str(self.data.get("desk", "")), int(self.data.get("number", 0)))

    def follows(self, turn: Turn, received: str) -> bool:
        """Something was taken before this: its machine did not know this event yet, and its clock said the same.

        One of the two alone may be wrong: a clock that was set back, or a relay that has had no network for hours.
        """
        return turn.seen < self.number and received < self.at


@dataclass(frozen=True)
class Case:
    """What is known of one reference: everything else about it is drawn from its events."""

    reference: str
    events: tuple[Event, ...]

    @property
    def deliveries(self) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.type in DELIVERIES)

    @property
    def opening(self) -> Event:
        return self.events[0]

    @property
    def about(self) -> str:
        return str(self.opening.data["about"])

    @property
    def key(self) -> str:
        return str(self.opening.data["key"])

    @property
    def audit_begun(self) -> bool:
        """What is audited must not change: from the claim on, but while more evidence is requested."""
        begun = any(event.type == AUDITING and event.data["role"] == "auditor" for event in self.events)
        return begun and not self.evidence_requested

    @property
    def asked_at(self) -> str:
        """When more evidence was requested last; "" if never."""
        return self.request.at if self.request else ""

    @property
    def request(self) -> Event | None:
        """The last request for more evidence."""
        return next((event for event in reversed(self.events) if event.type == EVIDENCE), None)

    @property
    def evidence_requested(self) -> bool:
        """And neither sent since, nor the request taken back."""
        requested = False
        for event in self.events:
            answered = event.type in DELIVERIES and event.data["kind"] == PORTFOLIO
            requested = event.type == EVIDENCE or (requested and not answered and event.type != RETURNED)
        return requested

    def crossed(self, turn: Turn) -> bool:
        """Sent on the last request for evidence by who could not know yet that it is answered; and nobody has worked since."""
        request = self.request
        if request is None or turn.seen < request.number:
            return False
        since = [event for event in self.events if event.number > request.number]
        answered = next((event.number for event in since if event.type in DELIVERIES), 0)
        return turn.seen < answered and all(event.type in UNATTENDED for event in since)

    @property
    def latest(self) -> tuple[Event, ...]:
        """The last delivery of each kind."""
        return tuple({str(event.data["kind"]): event for event in self.deliveries}.values())

    def names(self, digest: str) -> bool:
        return any(event.data.get("digest") == digest for event in self.deliveries)

    def forgotten(self, event: Event) -> bool:
        """What this delivery brought has been removed since; what came after that is there."""
        return any(later.type == FORGOTTEN and later.number > event.number for later in self.events)

    def holds(self, kind: str, digest: str, turn: Turn, received: str) -> bool:
        """It is what is there now; or a late copy of what has been forgotten since, which must not come back."""
        current = self.current(kind)
        if current and current.data["digest"] == digest and not self.forgotten(current):
            return True
        late = [one for one in self.events if one.type == FORGOTTEN and turn.seen < one.number and received <= one.at]
        waited = any(name.endswith(f"-{digest[:16]}.json") for one in late for name in one.data["files"])
        return waited or (bool(late) and self.names(digest))

    def overtaken(self, kind: str, turn: Turn, received: str) -> bool:
        """Something of this kind that was taken later is here already. Two machines have no order but that of arrival.

        What an earlier version took has a time alone.
        """
        current = self.current(kind)
        if not turn.desk:
            return current is not None and received < current.received
        of_kind = (event.turn for event in self.deliveries if event.data["kind"] == kind)
        return any(one.desk == turn.desk and one.number > turn.number for one in of_kind)

    def current(self, kind: str) -> Event | None:
        """The last delivery of a kind: what replaced the ones before it."""
        return next((event for event in reversed(self.deliveries) if event.data["kind"] == kind), None)

    def opened(self, kind: str) -> Event | None:
        """The opening of the issue of a kind; None if there is none, or somebody has deleted it since."""
        return next((event for event in self._of_issue(kind) if event.type == OPENED), None)

    def drawn(self, kind: str) -> str | None:
        """The digest of the issue of a kind as it was last drawn (Issue.digest)."""
        drawings = [event for event in self._of_issue(kind) if event.type in (OPENED, UPDATED)]
        return str(drawings[-1].data["drawn"]) if drawings else None

    def _of_issue(self, kind: str) -> list[Event]:
        """What happened to the issue of a kind, from the beginning or since it was deleted."""
        types = (CLAIMED, OPENED, UPDATED, DELETED)
        found = [event for event in self.events if event.type in types and event.data["kind"] == kind]
        deleted = [index for index, event in enumerate(found) if event.type == DELETED]
        return found[deleted[-1] + 1 :] if deleted else found

    def _claims(self, kind: str) -> list[Event]:
        return [event for event in self._of_issue(kind) if event.type == CLAIMED]

    def claimed(self, kind: str) -> Event | None:
        """The last claim to open the issue of a kind."""
        return next(reversed(self._claims(kind)), None)

    def tried(self, kind: str) -> bool:
        """Somebody claimed it before the one who has it now, or opened it once, so the issue may be there already."""
        deleted = any(event.type == DELETED and event.data["kind"] == kind for event in self.events)
        return deleted or len(self._claims(kind)) > 1


def read_case(folder: Path) -> Case:
    """Raises StoreFailed where the chain is broken, naming the first file that does not fit."""
    events: list[Event] = []
    for number, name in enumerate(names(folder / "events", ".json"), 1):
        previous = events[-1].sha256 if events else None
        event = _event(number, folder / "events" / name)
        if event is None or name != f"{number:04}.json" or event.previous != previous:
            raise StoreFailed(
                f"cases/{folder.name}/events/{name} does not follow on the event before; restore it from Git"
            )
        events.append(event)
    return Case(folder.name, tuple(events))


def _event(number: int, path: Path) -> Event | None:
    """None for what no `append` has written."""
    try:
        data = path.read_bytes()
        value = json.loads(data)
        event = Event(number, value["type"], value["at"], value["by"], value["previous"], value["data"], _sha256(data))
        well = isinstance(event.data, dict) and datetime.fromisoformat(event.at).tzinfo is not None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return event if well else None


def append(folder: Path, case: Case, kind: str, *, at: str, by: str, data: Mapping[str, Any]) -> Case | None:
    """The case with one event more; None if somebody else has written that number (read again, decide again)."""
    longer, content = after(case, kind, at=at, by=by, data=data)
    if not write_new(folder / "events" / f"{len(longer.events):04}.json", content):
        return None
    return longer


def after(case: Case, kind: str, *, at: str, by: str, data: Mapping[str, Any]) -> tuple[Case, bytes]:
    """The case as it would be with one event more, and that event's file."""
    previous = case.events[-1].sha256 if case.events else None
    value = {"type": kind, "at": at, "by": by, "previous": previous, "data": data}
    content = (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    event = Event(len(case.events) + 1, kind, at, by, previous, data, _sha256(content))
    return Case(case.reference, (*case.events, event)), content


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
