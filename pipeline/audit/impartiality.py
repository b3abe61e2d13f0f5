"""Who may not work on a case, whatever their role (ISO/IEC 17024:2012, 4.3: impartiality; 9.8: appeals are handled by others).

The rules look at what the applicant sent and at people.yml; events record only who acted, never why somebody was refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.audit.work import Refusal, Work
from pipeline.cases.people import same, same_address
from pipeline.text import _

JUDGING = ("auditor", "verifier", "decider")


def refusals(work: Work, role: str) -> Iterator[Refusal]:
    """Every rule that keeps this person from doing this role's part in this case."""
    person, sent = work.person, work.submissions()
    if not sent:
        words = _("What was sent has been removed, so nobody can see who the applicant is and who taught them.")
        yield Refusal(_("not on what is forgotten"), words)
    for value in sent:
        applicant, taught = value.get("applicant", {}), value.get("education", {})
        if same(applicant.get("name"), person.name) or same_address(applicant.get("email"), person.email):
            yield Refusal(_("not on oneself"), _("You are the applicant of this case; somebody else has to do this."))
        if any(same(name, person.name) for name in taught.get("trainers", [])):
            yield Refusal(
                _("not on those one has trained"),
                _("The applicant names you as a trainer; somebody else has to do this."),
            )
        if any(same(name, own) for name in taught.get("providers", []) for own in person.teaches_for):
            yield Refusal(
                _("not on those one has trained"),
                _("The applicant learned at a provider you teach for; somebody else has to do this."),
            )
    others = [other for other in work.standing.acted.get(person.login, ()) if other in JUDGING and other != role]
    if others and role in JUDGING:
        yield Refusal(
            _("one judging role a case"),
            _("You have worked on this case as {role} already; somebody else has to do this.").format(
                role=work.title(others[0])
            ),
        )


def uninvolved(work: Work) -> Iterator[Refusal]:
    """An appeal is handled by somebody who took no part (ISO/IEC 17024:2012, 9.8)."""
    if set(work.standing.acted.get(work.person.login, ())) & set(JUDGING):
        yield Refusal(
            _("an appeal goes to somebody uninvolved"),
            _("You took part in this case before the appeal; somebody who did not has to decide it."),
        )
