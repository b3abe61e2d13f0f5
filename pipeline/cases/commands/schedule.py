"""/schedule: the interview or the verification meeting has a date."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pipeline.cases.command import Ask, Call, Command, plain, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _
from pipeline.timestamps import day_and_time, short_year

AHEAD = timedelta(days=2 * 366)  # what lies further is a slip of the pen
FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
USAGE = "/schedule DATE TIME"


def read(work: Work, call: Call) -> Act | Refusal:
    if not call.plain:
        return wrong(USAGE)
    written, rule = day_and_time(" ".join(call.plain)), _("a date and a time")
    if not FORM.fullmatch(written) and len(call.plain) > 2:
        written = day_and_time(f"{_of_day(work, call.plain[:-1])} {call.plain[-1]}")
    try:
        at = datetime.fromisoformat(written) if FORM.fullmatch(written) else None
    except ValueError:
        at = None
    if FORM.fullmatch(written) and (slip := short_year(written, work.now)):
        return Refusal(rule, f"{slip}.")
    if at is None:
        return Refusal(rule, _("Write when, like 2027-03-14 09:30."))
    if at.replace(tzinfo=work.now.tzinfo) > work.now + AHEAD:
        return Refusal(rule, _("That is more than two years ahead; write a nearer day."))
    moment = written.replace("T", " ")
    return Act(_("It is arranged for {moment}.").format(moment=moment), data={"moment": moment})


def _of_day(work: Work, words: tuple[str, ...]) -> str:
    """The day that the board and letters call so ("20 March 2027"), as 2027-03-20; "" if they call none so."""
    try:
        from pipeline.dates_in_words import day
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
