"""/appeal: the applicant asks for a decision to be looked at again."""

from __future__ import annotations

from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

USAGE = "/appeal"


def read(work: Work, call: Call) -> Act | Refusal:
    return (
        wrong(USAGE) if call.words else Act(_("The appeal is recorded. Somebody who took no part decides it."), data={})
    )


COMMAND = Command(
    "appeal", USAGE, "/appeal", lambda: _("records that the applicant appeals against the decision"), read
)
