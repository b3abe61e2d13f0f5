"""/resume: the clock goes on."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/resume"


def read(work: Work, call: Call) -> Act | Refusal:
    return wrong(USAGE) if call.plain else Act(_("The clock goes on."), data={})


COMMAND = Command(
    "resume",
    USAGE,
    "/resume",
    lambda: _("lets the clock of the case go on"),
    read,
    labels=lambda: {"": _("Let the case go on")},
)
