"""/appeal: the applicant asks for a decision to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.cases import impartiality
from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

USAGE = "/appeal"


def read(work: Work, call: Call) -> Act | Refusal:
    if call.plain:
        return wrong(USAGE)
    said = _("The appeal is recorded. Somebody who took no part decides it.") + "\n"
    free = ", ".join(_free(work))
    if free:
        return Act(said + _("These took no part and may decide: {logins}.").format(logins=free), data={})
    return Act(said + _("Nobody in people.yml who may decide took no part: add somebody to it."), data={})


def _free(work: Work) -> Iterator[str]:
    """The logins of those who may decide it as far as the records know."""
    appeal = work.process.of_command("appeal", work.standing.state.id)
    rows = [row for one in appeal for row in work.process.of_command("decide", one.to)]
    roles = {role for row in rows for role in row.who}
    for person in work.people:
        theirs = work.by(person)
        barred = [*impartiality.uninvolved(theirs), *impartiality.refusals(theirs, "decider")]
        if roles & set(person.roles) and not barred:
            yield person.login


COMMAND = Command(
    "appeal",
    USAGE,
    "/appeal",
    lambda: _("records that the applicant appeals against the decision"),
    read,
    labels=lambda: {"": _("Record the appeal")},
)
