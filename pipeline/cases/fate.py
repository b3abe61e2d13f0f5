"""What becomes of a delivery in the case that it is for. Asked before it is acknowledged, and again when it is taken in."""

from __future__ import annotations

from enum import Enum, auto

from pipeline.cases.events import PORTFOLIO, Case
from pipeline.cases.state import takes
from pipeline.data.model import Data
from pipeline.submissions.sequence import Turn


class Fate(Enum):
    TAKEN = auto()  # it becomes an event
    KNOWN = auto()  # it is there already, or must not come back
    OVERTAKEN = auto()  # something newer of its kind is there
    UNASKED = auto()  # more evidence was requested after it had been sent
    LATE = auto()  # the audit has begun, or the case is over


def fate(data: Data, case: Case, kind: str, digest: str, turn: Turn, received: str) -> Fate:
    """`turn` and `received` (UTC) are those of the delivery, `digest` that of what was sent."""
    request = case.request if case.evidence_requested else None
    before = request is not None and request.follows(turn, received)
    answers = kind == PORTFOLIO and request is not None and not before
    if not answers and case.holds(kind, digest, turn, received):
        return Fate.KNOWN
    if case.overtaken(kind, turn, received):
        return Fate.OVERTAKEN
    if before:
        return Fate.UNASKED
    return Fate.TAKEN if takes(data, case) or case.crossed(turn) else Fate.LATE
