"""/request-evidence: some statements need more before they can be judged."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.cases.command import Ask, Call, Command, wrong
from pipeline.cases.commands import finding
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/request-evidence STATEMENT …"


def read(work: Work, call: Call) -> Act | Refusal:
    named = [work.statement(word) for word in call.plain]
    unknown = [word.upper() for word in named if word not in work.asked]
    if not call.plain:
        return wrong(USAGE)
    if unknown:
        return Refusal(_("statements of this profile"), " ".join(_not_asked(unknown)))
    statements = sorted(set(named), key=list(work.asked).index)
    return Act(
        _("More evidence is requested for {ids}.").format(ids=", ".join(statements)), data={"statements": statements}
    )


def _not_asked(words: list[str]) -> Iterator[str]:
    """What is no statement here: said again if it has a statement's form; else only counted, for it can be anything."""
    ids = [word for word in words if finding.ID.fullmatch(word)]
    if len(ids) < len(words):
        yield _("Words that are no statement: {number}.").format(number=len(words) - len(ids))
    if ids:
        yield _("No statement of this portfolio: {ids}").format(ids=", ".join(ids))


COMMAND = Command(
    "request-evidence",
    USAGE,
    "/request-evidence C3.4 C5.1",
    lambda: _("asks the applicant for more evidence for the statements named"),
    read,
    labels=lambda: {"": _("Ask for more evidence")},
    ask=Ask(
        "words",
        lambda: _("Statements that need more evidence"),
        lambda: _("Their numbers, such as C1.1, P2.3"),
    ),
)
