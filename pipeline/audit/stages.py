"""Where a case stands and whose turn it is, in the words of the process table; messages have none."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cases.events import CONTACT, Case
from pipeline.cases.standing import standing
from pipeline.moment import stamp
from pipeline.profiles import derive
from pipeline.profiles.model import Data
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
        todo = _("Read the message in the case and answer it.")
        return Stage("message", _("Message received"), "intake_manager", todo, case.deliveries[-1].at)
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
