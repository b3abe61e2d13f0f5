"""/credit: the case in which a certificate was granted whose statements this portfolio leaves out."""

from __future__ import annotations

from pipeline.cases import prerequisite
from pipeline.cases.command import Ask, Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/credit REFERENCE"


def read(work: Work, call: Call) -> Act | Refusal:
    if not call.plain:
        return wrong(USAGE)
    reference = work.reference(call.plain)
    if reference is None:
        return Refusal(
            _("a certificate that is valid today"), _("That is no reference; compare it with the certificate.")
        )
    case = work.store.case(reference)
    data = {"reference": reference, "certificate": case.about if case.events else ""}
    return Act(_("The certificate counts for this case."), data=data)


COMMAND = Command(
    "credit",
    USAGE,
    "/credit {prefix}-7K3M-2Q9X-H",
    lambda: _("names the case in which a certificate that the applicant holds was granted, so that it counts"),
    read,
    labels=lambda: {"": _("Count this certificate")},
    ask=Ask(
        "words",
        lambda: _("Reference of the case in which the certificate was granted"),
        lambda: _("It stands on the certificate."),
        lambda work: bool(prerequisite.unconfirmed(work)),
    ),
)
