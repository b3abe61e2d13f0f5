"""Where a case stands: its events, folded along the process table. Nothing else says so (D3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.cases.events import APPEALED, ASSIGNED, CONTACT, DELIVERIES, FORGOTTEN, PORTFOLIO, RETURNED, Case, Event
from pipeline.data.model import Data, Profile
from pipeline.data.process import Process, State
from pipeline.forms import json_schema

MET, NOT_MET = "met", "not_met"
# Whoever did one of these has judged the case, or was about to.
JUDGING = (
    "claimed", "findings", "evidence_requested", "recommended", "meeting_held", "meeting_missed", "returned", "granted",
    "declined",
)  # fmt: skip
MEETING = "verification"  # the step by which a profile says that there is a meeting
Judged = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Standing:
    """`since`: when it came into its state; `claims` and `assigned`: role → login; `acted`: login → what they did.

    `findings`: (statement, criterion) → met or not_met; `reasons`: → SHA-256 of what says why (cases/reasons.py).
    `pause`: when it was paused, if it is.
    """

    state: State
    since: datetime
    claims: Mapping[str, str] = field(default_factory=dict)
    assigned: Mapping[str, str] = field(default_factory=dict)
    acted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: Judged = field(default_factory=dict)
    reasons: Judged = field(default_factory=dict)
    recommendation: str | None = None
    moment: str | None = None
    pause: datetime | None = None
    rested: timedelta = timedelta()

    @property
    def owner(self) -> str | None:
        """The login of who has it: to whom it was assigned for the present turn, else who claimed it."""
        return self.assigned.get(self.state.awaits) or self.claims.get(self.state.awaits)

    @property
    def due(self) -> datetime | None:
        """When the state should have ended, but not before what is arranged; None where nobody has decided, or the clock stands."""
        if self.state.days is None or not self.state.open or self.pause:
            return None
        due = self.since + timedelta(days=self.state.days) + self.rested
        return max(due, datetime.fromisoformat(self.moment).replace(tzinfo=due.tzinfo)) if self.moment else due

    def age(self, now: datetime) -> timedelta:
        """Time in the state, without pauses; none where a clock went back."""
        return max((self.pause or now) - self.since - self.rested, timedelta())


def facts(case: Case, profile: Profile | None, outcome: str | None) -> frozenset[str]:
    """What chooses between two rows of one command."""
    found = {outcome} if outcome else set()
    if case.current(json_schema.PORTFOLIO):
        found.add("portfolio")
    if profile and has_meeting(profile):
        found.add("meeting")
    return frozenset(found)


def has_meeting(profile: Profile) -> bool:
    """It has a meeting with the applicant, for which there is a sheet."""
    return any(step.id == MEETING for step in profile.steps)


def facts_at(case: Case, index: int, profile: Profile | None) -> frozenset[str]:
    """What chose the row of an event that has happened, by its place among the case's events."""
    event, before = case.events[index], replace(case, events=case.events[: index + 1])
    known = facts(before, profile, event.data.get("outcome"))
    if event.type in DELIVERIES and event.data.get("kind") != json_schema.PORTFOLIO:
        return known - {"portfolio"}  # what was delivered was none
    return known


def standing(data: Data, case: Case) -> Standing:
    """Folds the events; those that do not move a case (issues opened, commands refused) are passed over."""
    return list(walk(data, case))[-1][1]


def takes(data: Data, case: Case) -> bool:
    """Whether anything more may be sent to it: not while it is audited, and not once it is over."""
    if not case.events or case.opening.type == CONTACT:
        return True
    return not case.audit_begun and standing(data, case).state.open


def walk(data: Data, case: Case) -> Iterator[tuple[Event, Standing]]:
    """Each event with where the case stands after it."""
    process = data.process
    here = Standing(process.state(process.start), _time(case.opening))
    for number, event in enumerate(case.events):
        known = facts_at(case, number, data.profile(case.about))
        here = _after(process, here, event, known)
        yield event, here


def _after(process: Process, here: Standing, event: Event, known: frozenset[str]) -> Standing:
    target = event.data.get("to")
    if target is None:
        row = process.by_event(event.type, here.state.id, known)
        if row is None:
            return here
        target = row.target(here.state.id)
    here = _noted(here, event)
    if target == here.state.id:
        return here
    moved = process.state(target)
    moment = here.moment if event.type == "scheduled" else None
    return replace(here, state=moved, since=_time(event), moment=moment, pause=None, rested=timedelta())


def _noted(here: Standing, event: Event) -> Standing:
    """What an event says beside the state it leads to."""
    data, at = event.data, _time(event)
    if event.type == "claimed":
        here = replace(here, claims={**here.claims, data["role"]: event.by.lower()})
    elif event.type == ASSIGNED:
        here = replace(here, assigned={**here.assigned, data["for"]: data["login"].lower()})
    elif event.type == "findings":
        judged = {(entry["statement"], entry["criterion"]): entry for entry in data["findings"]}
        verdicts = {place: entry["verdict"] for place, entry in judged.items()}
        reasons = {place: digest for place, digest in here.reasons.items() if place not in judged}
        reasons |= {place: data["reasons"] for place, entry in judged.items() if entry.get("reason")}
        here = replace(here, findings={**here.findings, **verdicts}, reasons=reasons)
    elif event.type in DELIVERIES and data["kind"] == PORTFOLIO:
        here = _judged_anew(here, data.get("changed", ()))
    elif event.type == FORGOTTEN:
        here = replace(here, reasons={})
    elif event.type == APPEALED:  # others judge now
        here = replace(here, claims={}, assigned={}, recommendation=None)
    elif event.type == RETURNED:
        here = replace(here, recommendation=None)
    elif event.type == "meeting_missed":
        here = replace(here, moment=None, since=at, rested=timedelta())
    elif event.type == "recommended":
        here = replace(here, recommendation=data["outcome"])
    elif event.type == "scheduled":
        here = replace(here, moment=data["moment"])
    elif event.type == "paused":
        here = replace(here, pause=at)
    elif event.type == "resumed" and here.pause:
        here = replace(here, pause=None, rested=here.rested + max(at - here.pause, timedelta()))
    if "role" in data and event.type in JUDGING:
        by = event.by.lower()
        here = replace(here, acted={**here.acted, by: (*here.acted.get(by, ()), data["role"])})
    return here


def _judged_anew(here: Standing, changed: Iterable[str]) -> Standing:
    """What was found of an answer holds as long as that answer does."""
    findings = {place: verdict for place, verdict in here.findings.items() if place[0] not in changed}
    reasons = {place: digest for place, digest in here.reasons.items() if place in findings}
    return replace(here, findings=findings, reasons=reasons)


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event.at)
