"""/pause: the clock stands still, at the wish of the applicant or for a reason of ours."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/pause"


def read(work: Work, call: Call) -> Act | Refusal:
    return wrong(USAGE) if call.plain else Act(_("The clock stands still."), data={})


COMMAND = Command(
    "pause",
    USAGE,
    "/pause",
    lambda: _("stops the clock of the case"),
    read,
    labels=lambda: {"": _("Pause the case")},
)
