"""/expire: nothing came in time, or nobody."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/expire"


def read(work: Work, call: Call) -> Act | Refusal:
    return wrong(USAGE) if call.plain else Act(_("The case has expired."), data={})


COMMAND = Command(
    "expire",
    USAGE,
    "/expire",
    lambda: _("ends a case in which the applicant sent nothing, or did not come, in time"),
    read,
    labels=lambda: {"": _("End the case: nothing came in time")},
)
