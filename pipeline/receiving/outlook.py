"""Where a case stands for its applicant: with what they have sent, though it may not be taken in yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.cases.events import CONTACT, RECEIVED, REVISED, Case, Event
from pipeline.cases.stages import Stage, stage
from pipeline.cases.state import takes
from pipeline.data.model import Data
from pipeline.data.process import NOBODY
from pipeline.forms import json_schema
from pipeline.receiving.lookup import Submitted
from pipeline.timestamps import now


@dataclass(frozen=True)
class Prospect:
    """`here` is None while no case has been made of it: then nothing is known but what was sent.

    `takes`: more may be sent to it; `delivered`: a portfolio was.
    """

    case: Case
    here: Stage | None = None
    takes: bool = True
    delivered: bool = False

    @property
    def over(self) -> bool:
        """Nobody does anything more with it here."""
        return self.here is not None and self.here.awaited == NOBODY

    def last(self, kind: str) -> str:
        """The kind of what was sent last, where this was sent first."""
        return json_schema.PORTFOLIO if self.delivered and kind == json_schema.SELF_ASSESSMENT else kind


def prospect(data: Data, submitted: Submitted, reference: str) -> Prospect:
    """Raises StoreFailed where the case cannot be read."""
    case = submitted.store.case(reference)
    if not case.events:
        return Prospect(case)
    more = takes(data, case)
    if more:
        case = _coming(submitted, case)
    here = stage(data, case)
    if here.moment[:10] < now()[:10]:
        here = replace(here, moment="")  # that day is over
    return Prospect(case, here, more, case.current(json_schema.PORTFOLIO) is not None)


def _coming(submitted: Submitted, case: Case) -> Case:
    """With an event for everything that waits to be taken in, and will be; a copy of what is there changes nothing."""
    for name, filed in submitted.waiting(case.reference):
        digest = name.partition("-")[2].partition(".")[0]
        current = case.current(filed.kind)
        again = filed.kind == json_schema.PORTFOLIO and case.evidence_requested
        if current and not again and str(current.data["digest"]).startswith(digest):
            continue
        kind = CONTACT if filed.kind == json_schema.CONTACT else REVISED if current else RECEIVED
        at = max(filed.at, case.events[-1].at)
        known = {"kind": filed.kind, "about": filed.about, "digest": digest}
        event = Event(len(case.events) + 1, kind, at, "intake", None, known, "")
        case = replace(case, events=(*case.events, event))
    return case
