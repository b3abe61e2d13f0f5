"""What was submitted, wherever it lies now: in an inbox, on its way to the records, or in a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.cases.events import Case
from pipeline.cases.store import Store
from pipeline.errors import StoreFailed, UnreadableInput
from pipeline.forms import json_schema
from pipeline.submissions import inbox as deliveries
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.references import Claim

WISHES = ("first", "second", "third")


@dataclass(frozen=True)
class Filed:
    """`at` is when it was received (UTC). `content` is the submission's plain value."""

    reference: str
    at: str
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.content.get("kind"))

    @property
    def about(self) -> str:
        return str(self.content.get("topic" if self.kind == json_schema.CONTACT else "profile"))

    @property
    def address(self) -> str:
        return str(self.content.get("applicant", {}).get("email", ""))

    @property
    def times(self) -> tuple[str, ...]:
        """The preferred times of the interview in their order, each once, like 2027-03-14T09:30."""
        asked = self.content.get("interview", {})
        return tuple(dict.fromkeys(str(asked[wish]) for wish in WISHES if asked.get(wish)))


@dataclass(frozen=True)
class Submitted:
    """`inboxes` are all in which a delivery can wait; `store` is the records. What goes away while it is read is passed over."""

    inboxes: tuple[Inbox, ...]
    store: Store

    def current(self) -> list[Filed]:
        """Of every reference the last that was sent of each kind, the latest first."""
        last: dict[tuple[str, str], Filed] = {}
        for filed in (*self._taken_in(), *self._waiting("")):
            last[filed.reference, filed.kind] = filed
        return sorted(last.values(), key=lambda filed: filed.at, reverse=True)

    def waiting(self, reference: str) -> list[tuple[str, Filed]]:
        """(file name, what it holds) of what waits to be taken in for a reference, as it came."""
        found = [
            (delivery.name, Filed(delivery.reference, delivery.received_at, delivery.content))
            for inbox in self.inboxes
            for name in inbox.names()
            if _speaks_of(inbox, name, reference) and (delivery := _read(inbox, name))
        ]
        return sorted((one for one in found if one[1].reference == reference), key=lambda one: one[1].at)

    def self_assessment(self, claim: Claim) -> Filed | None:
        """The last one of the case that the claim opened. Raises StoreFailed where the case cannot be read."""
        if claim.kind != json_schema.SELF_ASSESSMENT:
            return None
        found = [*self._of(self.store.case(claim.reference)), *self._waiting(claim.key)]
        return next((filed for filed in reversed(found) if filed.kind == json_schema.SELF_ASSESSMENT), None)

    def _waiting(self, key: str) -> Iterator[Filed]:
        """The deliveries of a key, or all of them for "", in the order in which they were taken."""
        named = ((inbox, name) for inbox in self.inboxes for name in inbox.names() if name.startswith(key))
        read = (_read(inbox, name) for inbox, name in named)
        found = sorted((one for one in read if one), key=lambda one: (one.turn.number, one.received_at))
        return (Filed(one.reference, one.received_at, one.content) for one in found)

    def _taken_in(self) -> Iterator[Filed]:
        for reference in self.store.references():
            try:
                found = list(self._of(self.store.case(reference)))
            except (StoreFailed, FileNotFoundError):
                continue
            yield from found

    def _of(self, case: Case) -> Iterator[Filed]:
        for kind in {str(event.data["kind"]): None for event in case.deliveries}:
            event = case.current(kind)
            content = self.store.submission(case.reference, str(event.data["digest"])) if event else None
            if event and content:
                yield Filed(case.reference, event.received, content)


def _speaks_of(inbox: Inbox, name: str, reference: str) -> bool:
    """Before it is read as JSON: of many that wait, few are one reference's."""
    try:
        return reference.encode() in inbox.path(name).read_bytes()
    except OSError:
        return False


def _read(inbox: Inbox, name: str) -> Delivery | None:
    try:
        return deliveries.read(inbox.path(name))
    except (FileNotFoundError, ValueError, UnreadableInput):
        return None
