"""/withdraw: the applicant does not want to go on."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/withdraw"


def read(work: Work, call: Call) -> Act | Refusal:
    return wrong(USAGE) if call.plain else Act(_("It is withdrawn."), data={})


COMMAND = Command(
    "withdraw",
    USAGE,
    "/withdraw",
    lambda: _("ends the case, or the appeal, at the wish of the applicant"),
    read,
    labels=lambda: {"": _("The applicant withdraws")},
)
