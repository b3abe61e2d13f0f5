"""Who may not work on a case, whatever their role (ISO/IEC 17024:2012, 4.3: impartiality; 9.8: appeals are handled by others).

The rules look at what the applicant sent and at people.yml; events record only who acted, never why somebody was refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.audit.work import Refusal, Work
from pipeline.cases.likeness import same, same_address
from pipeline.text import _

JUDGING = ("auditor", "verifier", "decider")


def own(work: Work) -> Iterator[Refusal]:
    """Nobody does anything to a case of their own."""
    for value in work.submissions():
        applicant = value.get("applicant", {})
        if same(applicant.get("name"), work.person.name) or same_address(applicant.get("email"), work.person.email):
            words = _("The applicant of this case and {login} are one person; somebody else has to do this.")
            yield Refusal(_("not on oneself"), words.format(login=work.person.login))


def refusals(work: Work, role: str) -> Iterator[Refusal]:
    """Every rule that keeps this person from doing this role's part in this case."""
    person, sent = work.person, work.submissions()
    if not sent:
        words = _("What was sent has been removed, so nobody can see who the applicant is and who taught them.")
        yield Refusal(_("not on what is forgotten"), words)
    yield from own(work)
    for value in sent:
        taught = value.get("education", {})
        if any(same(name, person.name) for name in taught.get("trainers", [])):
            yield Refusal(
                _("not on those one has trained"),
                _("The applicant names {login} as a trainer; somebody else has to do this.").format(login=person.login),
            )
        if any(same(name, own) for name in taught.get("providers", []) for own in person.teaches_for):
            yield Refusal(
                _("not on those one has trained"),
                _(
                    "The applicant learned at a provider for which {login} teaches; somebody else has to do this."
                ).format(login=person.login),
            )
    others = [other for other in work.standing.acted.get(person.login, ()) if other in JUDGING and other != role]
    if others and role in JUDGING:
        yield Refusal(
            _("one judging role a case"),
            _("{login} has worked on this case as {role} already; somebody else has to do this.").format(
                login=person.login, role=work.title(others[0])
            ),
        )


def uninvolved(work: Work) -> Iterator[Refusal]:
    """An appeal is handled by somebody who took no part before it (ISO/IEC 17024:2012, 9.8)."""
    events, login = work.case.events, work.person.login
    appeals = [index for index, event in enumerate(events) if event.type == "appealed"]
    before = events[: appeals[-1]] if appeals else events
    if any(login in (event.by.lower(), str(event.data.get("login", "")).lower()) for event in before):
        yield Refusal(
            _("an appeal goes to somebody uninvolved"),
            _("You took part in this case before the appeal; somebody who did not has to decide it."),
        )
