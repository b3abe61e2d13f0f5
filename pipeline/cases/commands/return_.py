"""/return: whoever meets the candidate or decides wants the audit to look again."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/return"


def read(work: Work, call: Call) -> Act | Refusal:
    if call.plain:
        return wrong(USAGE)
    return Act(_("The case is back in the audit. Tell the auditor what to look at again."), data={})


COMMAND = Command(
    "return",
    USAGE,
    USAGE,
    lambda: _("sends the case back to the audit, whose findings stay and can be changed"),
    read,
    labels=lambda: {"": _("Send it back to the audit")},
)
