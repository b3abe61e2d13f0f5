"""What has been kept longer than organization.yml says: listed, never removed by itself. References only (D10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.accept.inbox import Delivery
from pipeline.cases.events import CONTACT, JOINED, Case
from pipeline.cases.standing import standing
from pipeline.profiles.model import Data, Days

SUBMISSIONS, MESSAGES, COMPLAINTS = "submissions", "contact_messages", "complaints"


@dataclass(frozen=True, order=True)
class Due:
    """`until`: the day (UTC) on which the retention was over; `kind` as in organization.yml's `days`."""

    until: str
    reference: str
    kind: str


def due(data: Data, cases: Iterable[Case], complaints: Iterable[Delivery], now: datetime) -> list[Due]:
    """The longest over first. A case counts from the event that ended it, messages and complaints from their arrival."""
    days = data.organization.retention.days
    found = [*_cases(data, cases, days), *_complaints(complaints, days)]
    return sorted(entry for entry in found if entry.until <= now.date().isoformat())


def _cases(data: Data, cases: Iterable[Case], days: Days) -> Iterator[Due]:
    for case in cases:
        if case.forgotten(case.deliveries[-1]) or any(event.type == JOINED for event in case.events):
            continue  # what is in a case that has been joined to another ends with that one
        if case.opening.type == CONTACT:
            yield from _after(datetime.fromisoformat(case.deliveries[-1].at), days.contact_messages, case, MESSAGES)
            continue
        here = standing(data, case)
        if not here.state.open:
            yield from _after(here.since, days.submissions, case, SUBMISSIONS)


def _after(end: datetime, days: int | None, case: Case, kind: str) -> Iterator[Due]:
    if days is not None:
        yield Due((end + timedelta(days=days)).date().isoformat(), case.reference, kind)


def _complaints(complaints: Iterable[Delivery], days: Days) -> Iterator[Due]:
    if days.complaints is None:
        return
    for delivery in complaints:
        until = datetime.fromisoformat(delivery.received_at) + timedelta(days=days.complaints)
        yield Due(until.date().isoformat(), delivery.reference, COMPLAINTS)
