"""/admit: the interview was held, and the case goes on."""

from __future__ import annotations

from typing import Any

from pipeline.cases import prerequisite
from pipeline.cases.command import Call, Command
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/admit [REFERENCE OF THE PREREQUISITE]"


def read(work: Work, call: Call) -> Act | Refusal:
    data = named(work, call.plain)
    return data if isinstance(data, Refusal) else Act(_("The case is admitted."), data=data)


def named(work: Work, words: tuple[str, ...]) -> dict[str, Any] | Refusal:
    """The prerequisite, by the case named or one named before; words must name such a case, also where none is needed."""
    profile, rule = work.profile, _("the prerequisite must be valid today")
    if words and (profile is None or profile.prerequisite is None):
        return Refusal(rule, _("This certificate asks for none; leave its reference out."))
    if not words:
        return prerequisite.named(work)
    reference = work.reference(words)
    if reference is None:
        return Refusal(rule, _("That is no reference; compare it with the certificate."))
    if prerequisite.named(work, reference).get("prerequisite") != reference:
        return Refusal(rule, prerequisite.why_not(work, work.store.case(reference)))
    return {"prerequisite": reference}


COMMAND = Command(
    "admit",
    USAGE,
    "/admit",
    lambda: _("ends the interview: the portfolio may be written, or audited if it is there"),
    read,
    labels=lambda: {"": _("Admit the case")},
)
