"""/schedule: the interview or the verification meeting has a date."""

from __future__ import annotations

from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

USAGE = "/schedule DATE TIME"


def read(work: Work, call: Call) -> Act | Refusal:
    if len(call.words) != 2:
        return wrong(USAGE)
    moment = " ".join(call.words)
    return Act(_("It is arranged for {moment}.").format(moment=moment), data={"moment": moment})


COMMAND = Command(
    "schedule",
    USAGE,
    "/schedule 2027-03-14 09:30",
    lambda: _("says when the interview or the verification meeting is"),
    read,
)
