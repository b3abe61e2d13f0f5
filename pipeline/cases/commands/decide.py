"""/decide: the certificate is granted or declined."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.commands import admit
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/decide grant|decline no-conflict"


def read(work: Work, call: Call) -> Act | Refusal:
    if not call.plain or call.plain[0] not in ("grant", "decline"):
        return wrong(USAGE)
    named = admit.named(work, tuple(word for word in call.plain[1:] if word != "no-conflict"))
    if isinstance(named, Refusal):
        return named
    data = {"no_conflict": "no-conflict" in call.plain, **named}
    return Act(_("The decision is recorded."), outcome=call.plain[0], data=data)


COMMAND = Command(
    "decide",
    USAGE,
    "/decide grant no-conflict",
    lambda: _(
        "decides, with the declaration that you have no conflict of interest: "
        "the applicant is nobody close to you, and nobody you have taught or work with"
    ),
    read,
    labels=lambda: {"grant": _("Grant the certificate"), "decline": _("Decline the certificate")},
)
