"""/claim: somebody takes a case, and declares to have no conflict of interest."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/claim no-conflict"


def read(work: Work, call: Call) -> Act | Refusal:
    if call.plain not in ((), ("no-conflict",)):
        return wrong(USAGE)
    return Act(_("The case is yours."), data={"no_conflict": call.plain == ("no-conflict",)})


COMMAND = Command(
    "claim",
    USAGE,
    "/claim no-conflict",
    lambda: _(
        "takes the case for you, with the declaration that you have no conflict of interest: "
        "the applicant is nobody close to you, and nobody you have taught or work with"
    ),
    read,
    labels=lambda: {"": _("Claim this case: I have no conflict of interest")},
)
