"""Where a case stands and whose turn it is, in the words of the process table; messages have none."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cases.events import CONTACT, MESSAGE_ANSWERED, Case
from pipeline.cases.phases import Phase, phase
from pipeline.cases.state import walk
from pipeline.data.model import Data
from pipeline.data.process import APPLICANT, NOBODY, Process
from pipeline.forms import json_schema
from pipeline.i18n import _
from pipeline.timestamps import stamp

ARRANGED, MISSED, HELD = "scheduled", "meeting_missed", "meeting_held"


@dataclass(frozen=True)
class Stage:
    """`awaited`: the id of the role whose turn it is, applicant or nobody. `todo`: what that person does next.

    `since`: UTC, like an event's `at`; so is `paused`, "" while it runs. `moment`: what was arranged in this
    state last, without a time zone ("2027-03-14 09:30"), "" for nothing; `missed`: nobody came to it, and no other is arranged.
    `holder`: the id of the role that arranges it. `language`: of title and todo; "" for the one that is spoken.
    """

    id: str
    title: str
    awaited: str
    todo: str
    since: str
    phase: Phase
    moment: str = ""
    missed: bool = False
    holder: str = ""
    paused: str = ""
    language: str = ""


def stage(data: Data, case: Case) -> Stage:
    if case.opening.type == CONTACT:
        last = next(event for event in reversed(case.events) if event.type in (CONTACT, MESSAGE_ANSWERED))
        if last.type == MESSAGE_ANSWERED:
            words = _("The message is answered.")
            return Stage("answered", _("Message answered"), NOBODY, words, last.at, Phase.ANSWERED)
        todo = _("Read the message in the case and answer it by e-mail, then write /answered.")
        return Stage("message", _("Message received"), "intake_manager", todo, last.at, Phase.MESSAGE)
    state, said = "", ""
    for event, found in walk(data, case):
        if event.type in (ARRANGED, MISSED, HELD):
            said = event.type
        elif found.state.id != state:
            said = ""
        state = found.state.id
    here = found.state
    shown, words_in = (here.id, here.title, here.awaits, here.todo), here.language
    if here.id == data.process.start and case.current(json_schema.PORTFOLIO):
        joined = case.current(json_schema.SELF_ASSESSMENT) is not None
        todo = _("See that the intake interview has been held, then admit the portfolio to the audit.")
        alone = _(
            "No self-assessment came with it: see whether another case is the same person's, then hold the interview."
        )
        shown = ("portfolio", _("Portfolio received"), here.awaits, todo if joined else alone)
        words_in = ""
    return Stage(
        *shown,
        since=stamp(found.since),
        phase=phase(data.process, here.id),
        moment=(found.moment or "") if said == ARRANGED else "",
        missed=said == MISSED,
        holder=_holder(data.process, here.id),
        paused=stamp(found.pause) if found.pause else "",
        language=words_in,
    )


def _holder(process: Process, state: str) -> str:
    rows = (row for row in process.transitions if row.event == ARRANGED and state in row.sources)
    awaited = process.state(state).awaits
    return next((row.who[0] for row in rows), "intake_manager" if awaited in (APPLICANT, NOBODY) else awaited)
