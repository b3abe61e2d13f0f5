"""/recommend: what the auditor advises, once every statement has its findings."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/recommend grant|decline"


def read(work: Work, call: Call) -> Act | Refusal:
    if call.plain not in (("grant",), ("decline",)):
        return wrong(USAGE)
    return Act(_("The recommendation is recorded."), outcome=call.plain[0], data={})


COMMAND = Command(
    "recommend",
    USAGE,
    "/recommend grant",
    lambda: _("recommends to grant or to decline the certificate"),
    read,
    labels=lambda: {"grant": _("Recommend to grant"), "decline": _("Recommend to decline")},
)
