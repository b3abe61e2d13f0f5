"""/admit: the interview was held, and the case goes on."""

from __future__ import annotations

from pipeline.audit import prerequisite
from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

USAGE = "/admit [REFERENCE OF THE PREREQUISITE]"


def read(work: Work, call: Call) -> Act | Refusal:
    if len(call.words) > 1:
        return wrong(USAGE)
    return Act(_("The case is admitted."), data=prerequisite.named(work, call.words))


COMMAND = Command(
    "admit",
    USAGE,
    "/admit",
    lambda: _("ends the interview: the portfolio may be written, or audited if it is there"),
    read,
)
