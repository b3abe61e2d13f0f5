"""What has been kept longer than organization.yml says: listed, never removed by itself. References only (D10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from pipeline.cases.events import CONTACT, JOINED, Case
from pipeline.cases.state import standing
from pipeline.data.model import Data, Days
from pipeline.submissions import references
from pipeline.submissions.inbox import Delivery

SUBMISSIONS, MESSAGES, COMPLAINTS = "submissions", "contact_messages", "complaints"
REJECTED, QUARANTINE = "rejected", "quarantine"  # no case's yet: they may be kept as long as messages


@dataclass(frozen=True, order=True)
class Due:
    """`until`: the day (UTC) on which the retention was over; `kind` as in organization.yml's `days`, or where it lies.

    `reference`: of what lies aside without one of this body, the path of its file.
    """

    until: str
    reference: str
    kind: str


def due(
    data: Data,
    cases: Iterable[Case],
    complaints: Iterable[Delivery],
    now: datetime,
    aside: Mapping[str, Iterable[Delivery]] = MappingProxyType({}),
) -> list[Due]:
    """The longest over first. A case counts from the event that ended it, all else from its arrival.

    `aside`: REJECTED and QUARANTINE → what lies there.
    """
    days = data.organization.retention.days
    found = [*_cases(data, cases, days), *_arrived(COMPLAINTS, complaints, days.complaints)]
    prefix = data.organization.reference_prefix
    for place, deliveries in aside.items():
        named = (replace(one, reference=_findable(prefix, place, one)) for one in deliveries)
        found += _arrived(place, named, days.contact_messages)
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


def _findable(prefix: str, place: str, delivery: Delivery) -> str:
    """By what `forget` finds it, or else a person."""
    known = references.normalise(prefix, delivery.reference) == delivery.reference
    return delivery.reference if known else f"{place}/{delivery.name}"


def _arrived(kind: str, deliveries: Iterable[Delivery], days: int | None) -> Iterator[Due]:
    if days is None:
        return
    for delivery in deliveries:
        until = datetime.fromisoformat(delivery.received_at) + timedelta(days=days)
        yield Due(until.date().isoformat(), delivery.reference, kind)
