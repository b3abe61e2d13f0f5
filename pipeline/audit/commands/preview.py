"""/preview: what the /finding lines below it would record. Records nothing."""

from __future__ import annotations

from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.commands import finding
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

USAGE = "/preview, and below it /finding lines"


def read(work: Work, call: Call) -> Act | Refusal:
    if call.words or not call.more:
        return wrong(USAGE)
    act = finding.read(work, Call("finding", call.more[0].words, call.more[1:]))
    if isinstance(act, Refusal):
        return act
    return Act(_("Would record {findings} Nothing is recorded.").format(findings=act.said), says_only=True)


COMMAND = Command(
    "preview",
    USAGE,
    "/preview",
    lambda: _("says what the /finding lines below it would record, and records nothing"),
    read,
)
