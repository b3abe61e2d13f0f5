"""What a state is to the applicant, read from the process table: a body may call its states as it likes, and add others."""

from __future__ import annotations

from enum import StrEnum

from pipeline.cases.events import APPEALED
from pipeline.data.process import APPLICANT, NOBODY, Process


class Phase(StrEnum):
    ARRIVED = "arrived"
    INTERVIEW = "interview"
    WRITES = "writes"
    AUDIT = "audit"
    EVIDENCE = "evidence"
    MEETING = "meeting"
    DECISION = "decision"
    APPEAL = "appeal"
    GRANTED = "granted"
    DECLINED = "declined"  # and there is a way to appeal
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    JOINED = "joined"
    MESSAGE = "message"
    ANSWERED = "answered"
    OTHER = "other"  # the table has nothing to know it by


ENDS = {
    "granted": Phase.GRANTED,
    "declined": Phase.DECLINED,
    "withdrawn": Phase.WITHDRAWN,
    "expired": Phase.EXPIRED,
    "linked": Phase.JOINED,
}


def phase(process: Process, state_id: str) -> Phase:
    """By who is awaited, and by the events that lead in and out: those are the code's own, whatever a table says."""
    state = process.state(state_id)
    into = {row.event for row in process.transitions if row.to == state_id and set(row.sources) != {state_id}}
    out = {row.event for row in process.transitions if state_id in row.sources and row.target(state_id) != state_id}
    if not state.open:
        return _end(into, out)
    if state_id == process.start:
        return Phase.ARRIVED if "admitted" in out else Phase.OTHER
    if state.awaits == APPLICANT:
        if "evidence_requested" in into:
            return Phase.EVIDENCE
        return Phase.WRITES if out & {"received", "portfolio_linked"} else Phase.OTHER
    if state.awaits == NOBODY:
        return Phase.OTHER
    known = (
        ("admitted" in out, Phase.INTERVIEW),
        (APPEALED in into, Phase.APPEAL),
        ("recommended" in out, Phase.AUDIT),
        ("granted" in out, Phase.DECISION),
        ("meeting_held" in out, Phase.MEETING),
    )
    return next((found for fits, found in known if fits), Phase.OTHER)


def _end(into: set[str], out: set[str]) -> Phase:
    """A state in which cases end in more than one way says nothing of how this one did."""
    ways = into & set(ENDS)
    found = ENDS[ways.pop()] if len(ways) == 1 else Phase.OTHER
    return Phase.OTHER if found is Phase.DECLINED and APPEALED not in out else found
