"""/request-evidence: some statements need more before they can be judged."""

from __future__ import annotations

from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

USAGE = "/request-evidence STATEMENT …"


def read(work: Work, call: Call) -> Act | Refusal:
    unknown = [word for word in call.words if word not in work.asked]
    if not call.words:
        return wrong(USAGE)
    if unknown:
        return Refusal(
            _("statements of this profile"), _("No statement of this portfolio: {ids}").format(ids=", ".join(unknown))
        )
    statements = sorted(set(call.words), key=list(work.asked).index)
    return Act(
        _("More evidence is requested for {ids}.").format(ids=", ".join(statements)), data={"statements": statements}
    )


COMMAND = Command(
    "request-evidence",
    USAGE,
    "/request-evidence C3.4 C5.1",
    lambda: _("asks the applicant for more evidence to the statements named"),
    read,
)
