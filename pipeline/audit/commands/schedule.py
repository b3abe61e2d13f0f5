"""/schedule: the interview or the verification meeting has a date."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pipeline.audit.command import Ask, Call, Command, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

AHEAD = timedelta(days=2 * 366)  # what lies further is a slip of the pen
FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
USAGE = "/schedule DATE TIME"


def read(work: Work, call: Call) -> Act | Refusal:
    words = tuple(call.words[0].upper().split("T")) if len(call.words) == 1 else call.words  # as a form sends it
    if len(words) != 2:
        return wrong(USAGE)
    moment = " ".join(words)
    try:
        at = datetime.fromisoformat(moment) if FORM.fullmatch(moment) else None
    except ValueError:
        at = None
    if at is None:
        return Refusal(_("a date and a time"), _("Write when, like 2027-03-14 09:30."))
    if at.replace(tzinfo=work.now.tzinfo) > work.now + AHEAD:
        return Refusal(_("a date and a time"), _("That is more than two years ahead; write a nearer day."))
    return Act(_("It is arranged for {moment}.").format(moment=moment), data={"moment": moment})


COMMAND = Command(
    "schedule",
    USAGE,
    "/schedule 2027-03-14 09:30",
    lambda: _("says when the interview or the verification meeting is"),
    read,
    labels=lambda: {"": _("Arrange this time")},
    ask=Ask("moment", lambda: _("Day and time")),
)
