"""/link: a portfolio that came without its reference joins the case of the same person."""

from __future__ import annotations

from typing import Any

from pipeline.cases.command import Ask, Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.joining import newer
from pipeline.i18n import _

USAGE = "/link REFERENCE"


def read(work: Work, call: Call) -> Act | Refusal:
    if not call.plain:
        return wrong(USAGE)
    reference = work.reference(call.plain)
    if reference is None:
        return Refusal(_("another case"), _("That is no reference; compare it with the other issue."))
    data: dict[str, Any] = {"reference": reference}
    said = _("The portfolio goes on in {reference}.")
    if newer(work, work.store.case(reference)):
        said = _("{reference} has a newer portfolio of this person, which stays. This case is closed.")
        data["newer"] = True
    return Act(said.format(reference=reference), data=data)


COMMAND = Command(
    "link",
    USAGE,
    "/link {prefix}-7K3M-2Q9X-H",
    lambda: _("joins the portfolio of this case to the case with that reference"),
    read,
    labels=lambda: {"": _("Join it to that case")},
    ask=Ask(
        "words",
        lambda: _("Reference of the other case of this person"),
        lambda: _("It stands in the list of cases."),
    ),
)
