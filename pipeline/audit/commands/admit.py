"""/admit: the interview was held, and the case goes on."""

from __future__ import annotations

from typing import Any

from pipeline.accept import references
from pipeline.audit import prerequisite
from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

USAGE = "/admit [REFERENCE OF THE PREREQUISITE]"


def read(work: Work, call: Call) -> Act | Refusal:
    if len(call.words) > 1:
        return wrong(USAGE)
    data = named(work, call.words)
    return data if isinstance(data, Refusal) else Act(_("The case is admitted."), data=data)


def named(work: Work, words: tuple[str, ...]) -> dict[str, Any] | Refusal:
    """The prerequisite, by the case named or one named before; what was typed must be such a case, also where none is needed."""
    profile, rule = work.profile, _("the prerequisite must be valid today")
    if words and (profile is None or profile.prerequisite is None):
        return Refusal(rule, _("This certificate asks for none; leave its reference out."))
    for word in words:
        reference = references.normalise(work.judge.data.organization.reference_prefix, word)
        if reference is None:
            return Refusal(rule, _("That is no reference; compare it with the certificate."))
        if prerequisite.named(work, (word,)).get("prerequisite") != reference:
            return Refusal(rule, prerequisite.why_not(work, work.store.case(reference)))
    return prerequisite.named(work, words)


COMMAND = Command(
    "admit",
    USAGE,
    "/admit",
    lambda: _("ends the interview: the portfolio may be written, or audited if it is there"),
    read,
    labels=lambda: {"": _("Admit the case")},
)
