"""/meeting: the verification meeting was held, or the candidate did not come."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/meeting held|missed"


def read(work: Work, call: Call) -> Act | Refusal:
    if call.plain not in (("held",), ("missed",)):
        return wrong(USAGE)
    return Act(_("It is recorded."), outcome=call.plain[0], data={})


COMMAND = Command(
    "meeting",
    USAGE,
    "/meeting held",
    lambda: _("records that the verification meeting was held or missed"),
    read,
    labels=lambda: {"held": _("The meeting was held"), "missed": _("The applicant did not come")},
)
