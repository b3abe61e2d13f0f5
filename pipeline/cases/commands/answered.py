"""/answered: a message has been answered by e-mail."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

NAME = "answered"
USAGE = "/answered"


def read(work: Work, call: Call) -> Act | Refusal:
    return wrong(USAGE) if call.plain else Act(_("The message is answered."), data={})


COMMAND = Command(
    NAME,
    USAGE,
    USAGE,
    lambda: _("says that a message has been answered by e-mail; it is over then"),
    read,
    labels=lambda: {"": _("I have answered it by e-mail")},
)
