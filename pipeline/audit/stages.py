"""Where a case stands and whose turn it is, in the words of the process table; messages have none."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cases.events import CONTACT, MESSAGE_ANSWERED, Case
from pipeline.cases.standing import standing
from pipeline.moment import stamp
from pipeline.profiles import derive
from pipeline.profiles.model import Data
from pipeline.profiles.process import NOBODY
from pipeline.text import _


@dataclass(frozen=True)
class Stage:
    """`awaited`: the id of the role whose turn it is, applicant or nobody. `todo`: what that person does next.

    `since`: UTC, like an event's `at`.
    """

    id: str
    title: str
    awaited: str
    todo: str
    since: str


def stage(data: Data, case: Case) -> Stage:
    if case.opening.type == CONTACT:
        last = next(event for event in reversed(case.events) if event.type in (CONTACT, MESSAGE_ANSWERED))
        if last.type == MESSAGE_ANSWERED:
            return Stage("answered", _("Message answered"), NOBODY, _("The message is answered."), last.at)
        todo = _("Read the message in the case and answer it by e-mail, then write /answered.")
        return Stage("message", _("Message received"), "intake_manager", todo, last.at)
    found = standing(data, case)
    here, since = found.state, stamp(found.since)
    if here.id == data.process.start and case.current(derive.PORTFOLIO):
        joined = case.current(derive.SELF_ASSESSMENT) is not None
        todo = _("See that the intake interview has been held, then admit the portfolio to the audit.")
        alone = _(
            "No self-assessment came with it: see whether another case is the same person's, then hold the interview."
        )
        return Stage("portfolio", _("Portfolio received"), here.awaits, todo if joined else alone, since)
    return Stage(here.id, here.title, here.awaits, here.todo, since)
