"""Who may not work on a case, whatever their role (ISO/IEC 17024:2012, 4.3: impartiality; 9.8: appeals are handled by others).

The rules look at what the applicant sent and at people.yml; events record only who acted, never why somebody was refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.cases.context import Refusal, Work
from pipeline.cases.events import ANSWERED, APPEALED, ASSIGNED, Case, Event
from pipeline.cases.name_matching import same, same_address
from pipeline.cases.people import Person
from pipeline.i18n import _

JUDGING = ("auditor", "verifier", "decider")


def own(work: Work) -> Iterator[Refusal]:
    """Nobody does anything to a case of their own. Two addresses tell two people of one name apart."""
    for value in work.submissions():
        applicant, person = value.get("applicant", {}), work.person
        named = same(applicant.get("name"), person.name) and not (applicant.get("email") and person.email)
        if named or same_address(applicant.get("email"), person.email):
            yield _oneself(person)


def _oneself(person: Person) -> Refusal:
    words = _("The applicant of this case and {login} are one person; somebody else has to do this.")
    return Refusal(_("not on oneself"), words.format(login=person.login))


def refusals(work: Work, role: str) -> Iterator[Refusal]:
    """Every rule that keeps this person from doing this role's part in this case."""
    person, sent = work.person, work.submissions()
    if not sent:
        words = _("What was sent has been removed, so nobody can see who the applicant is and who taught them.")
        yield Refusal(_("not on what is forgotten"), words)
    yield from own(work)
    if any(same(value.get("applicant", {}).get("name"), person.name) for value in sent):
        yield _oneself(person)
    for taught in work.taught():
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
    """An appeal is handled by somebody who took no part before it (ISO/IEC 17024:2012, 9.8).

    Whoever did anything to the case took part, and whoever it was assigned to. Recording an appeal is no part.
    """
    if any(_took_part(event, work.person.login.lower()) for event in _before_the_appeal(work.case)):
        yield Refusal(
            _("an appeal goes to somebody uninvolved"),
            _("{login} took part in this case before the appeal; somebody who did not has to decide it.").format(
                login=work.person.login
            ),
        )


def _before_the_appeal(case: Case) -> Iterator[Event]:
    """All events where there is no appeal; of several appeals the last counts."""
    appeals = [event.number for event in case.events if event.type == APPEALED]
    end = appeals[-1] if appeals else len(case.events) + 1
    return (event for event in case.events if event.number < end and event.type != APPEALED)


def _took_part(event: Event, login: str) -> bool:
    if event.type == ANSWERED:  # asked for help, or was refused: nothing was done
        return False
    assigned = str(event.data.get("login", "")) if event.type == ASSIGNED else ""
    return login in (event.by.lower(), assigned.lower())
