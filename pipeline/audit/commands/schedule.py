"""/schedule: the interview or the verification meeting has a date."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pipeline.audit.command import Ask, Call, Command, plain, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

AHEAD = timedelta(days=2 * 366)  # what lies further is a slip of the pen
FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
USAGE = "/schedule DATE TIME"


def read(work: Work, call: Call) -> Act | Refusal:
    words = tuple(call.plain[0].split("t")) if len(call.plain) == 1 else call.plain  # as a form sends it
    if len(words) < 2:
        return wrong(USAGE)
    moment = " ".join(words) if len(words) == 2 else f"{_of_day(work, words[:-1])} {words[-1]}"
    try:
        at = datetime.fromisoformat(moment) if FORM.fullmatch(moment) else None
    except ValueError:
        at = None
    if at is None:
        return Refusal(_("a date and a time"), _("Write when, like 2027-03-14 09:30."))
    if at.replace(tzinfo=work.now.tzinfo) > work.now + AHEAD:
        return Refusal(_("a date and a time"), _("That is more than two years ahead; write a nearer day."))
    return Act(_("It is arranged for {moment}.").format(moment=moment), data={"moment": moment})


def _of_day(work: Work, words: tuple[str, ...]) -> str:
    """The day that the board and letters call so ("20 March 2027"), as 2027-03-20; "" if they call none so."""
    try:
        from pipeline.publish.nextsteps import day
    except ImportError:  # Babel is where the board and the letters are
        return ""
    days = [(work.now + timedelta(days=number)).date().isoformat() for number in range(-366, AHEAD.days + 1)]
    return next((iso for iso in days if plain((day(iso, work.judge.data.organization.language),)) == words), "")


COMMAND = Command(
    "schedule",
    USAGE,
    "/schedule 2027-03-14 09:30",
    lambda: _("says when the interview or the verification meeting is"),
    read,
    labels=lambda: {"": _("Arrange this time")},
    ask=Ask("moment", lambda: _("Day and time")),
)
