"""/assign: the Intake Manager gives a case to an auditor or a verifier, who then claims it."""

from __future__ import annotations

from pipeline.cases.command import Ask, Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/assign @LOGIN"


def read(work: Work, call: Call) -> Act | Refusal:
    if len(call.plain) != 1:
        return wrong(USAGE)
    login = call.plain[0].removeprefix("@")
    known = work.who(login)
    data = {"login": known.login if known else login, "for": work.claimant}
    return Act(_("It is assigned."), data={**data, "mentions": [known.login]} if known else data)


COMMAND = Command(
    "assign",
    USAGE,
    "/assign @rosa",
    lambda: _("gives the case to somebody, who then claims it"),
    read,
    labels=lambda: {"": _("Assign the case")},
    ask=Ask("person", lambda: _("Assign the case to")),
)
