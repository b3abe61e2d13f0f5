"""Where a case stands, drawn from its events, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cases.events import CONTACT, Case
from pipeline.profiles import derive
from pipeline.text import _


@dataclass(frozen=True)
class Stage:
    """`awaited`: the id of the role whose turn it is. `todo`: what that person does next."""

    id: str
    title: str
    awaited: str
    todo: str


def stage(case: Case) -> Stage:
    if case.opening.type == CONTACT:
        return Stage(
            "message", _("Message received"), "intake_manager", _("Read the message in the case and answer it.")
        )
    if case.audit_begun:
        return Stage("audit", _("In audit"), "auditor", _("Audit the portfolio."))
    if case.current(derive.PORTFOLIO):
        joined = case.current(derive.SELF_ASSESSMENT) is not None
        todo = _("See that the intake interview has been held, then admit the portfolio to the audit.")
        alone = _(
            "No self-assessment came with it: see whether another case is the same person's, then hold the interview."
        )
        return Stage("portfolio", _("Portfolio received"), "intake_manager", todo if joined else alone)
    todo = _("Arrange the intake interview and discuss the next steps.")
    return Stage("interview", _("Awaiting the interview"), "intake_manager", todo)
