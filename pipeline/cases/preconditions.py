"""The rules that a row of the process table can ask for (`needs`). Each yields what stands in the way, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.cases import impartiality
from pipeline.cases import prerequisite as certificates
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.joining import newer
from pipeline.cases.state import MEETING, MET, takes
from pipeline.cases.verdicts import names
from pipeline.data.process import Transition
from pipeline.i18n import _

Rule = Callable[[Work, Transition, Act], Iterator[Refusal]]


@dataclass(frozen=True)
class Need:
    """`text`: what it asks for, in the handbook's words. `said`: it looks at what is said with the command."""

    text: Callable[[], str]
    rule: Rule
    said: bool


NEEDS: dict[str, Need] = {}


def need(text: Callable[[], str], *, said: bool = False) -> Callable[[Rule], Rule]:
    def named(rule: Rule) -> Rule:
        NEEDS[rule.__name__] = Need(text, rule, said)
        return rule

    return named


def role_of(work: Work, row: Transition) -> str:
    """The part that a person plays by a row: who claims an audit is its auditor, who decides its decider."""
    return row.part(next((role for role in row.who if role in work.person.roles), row.who[0]))


@need(lambda: _("a date and a time to come"), said=True)
def moment(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    text = str((act.data or {}).get("moment", ""))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        yield Refusal(_("a date and a time"), _("Write when, like 2027-03-14 09:30."))
        return
    if at.replace(tzinfo=work.now.tzinfo) < work.now.replace(hour=0, minute=0, second=0, microsecond=0):
        yield Refusal(_("a date and a time"), _("That day is over; write one to come."))


@need(lambda: _("that whoever does it has claimed the case"))
def claimed(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    role = role_of(work, row)
    owner = work.standing.claims.get(role)
    if owner is None:
        yield Refusal(
            _("claim first"),
            _("Nobody has claimed this case as {role}; begin with /claim.").format(role=work.title(role)),
        )
    elif work.standing.assigned.get(role, work.person.login) != work.person.login:
        words = _("It is assigned to {owner}.").format(owner=work.standing.assigned[role])
        yield Refusal(_("assigned"), words)
    elif owner != work.person.login:
        yield Refusal(
            _("claim first"), _("{owner} has claimed this case as {role}.").format(owner=owner, role=work.title(role))
        )


@need(lambda: _("that nobody else has claimed it, and that it is assigned to nobody else"))
def unclaimed(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    role = role_of(work, row)
    owner, assigned = work.standing.claims.get(role), work.standing.assigned.get(role)
    if owner == work.person.login and assigned in (None, owner):
        yield Refusal(_("one {role} a case").format(role=work.title(role)), _("You have claimed it already."))
    elif owner and assigned != work.person.login:
        yield Refusal(
            _("one {role} a case").format(role=work.title(role)),
            _("{owner} has claimed it; ask for it to be assigned to you.").format(owner=owner),
        )
    elif assigned and assigned != work.person.login:
        yield Refusal(_("assigned"), _("It is assigned to {owner}.").format(owner=assigned))


@need(lambda: _("the declaration that you have no conflict of interest"), said=True)
def no_conflict(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    if not (act.data or {}).get("no_conflict"):
        words = _("Declare that you have no conflict of interest: write no-conflict at the end of the command.")
        yield Refusal(_("a declaration before judging"), words)


@need(lambda: _("that you are not the applicant, have not trained them, and judge nothing else in this case"))
def impartial(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    yield from impartiality.refusals(work, role_of(work, row))


@need(lambda: _("that you took no part in the case so far"))
def uninvolved(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    yield from impartiality.uninvolved(work)


@need(lambda: _("the login of somebody who has the role"), said=True)
def assignee(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    data = act.data or {}
    person = work.who(str(data.get("login", "")))
    role = work.claimant
    if person is None:
        yield Refusal(_("people.yml"), _("Nobody with that login works here; see people.yml."))
    elif role not in person.roles:
        yield Refusal(_("people.yml"), _("{login} is no {role}.").format(login=person.login, role=work.title(role)))


@need(lambda: _("that this person may judge the case"), said=True)
def impartial_assignee(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    person = work.who(str((act.data or {}).get("login", "")))
    if person is None:
        return
    yield from dict.fromkeys(impartiality.refusals(work.by(person), work.claimant))
    if any("uninvolved" in row.needs for row in work.process.of_command("decide", work.standing.state.id)):
        yield from impartiality.uninvolved(work.by(person))


@need(lambda: _("a finding for every statement by every criterion"))
def all_findings(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    missing = [
        statement
        for statement in work.asked
        if any((statement, criterion.id) not in work.standing.findings for criterion in work.criteria)
    ]
    if missing:
        some = ", ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
        words = _("Findings are missing for {number} statements: {some}").format(number=len(missing), some=some)
        yield Refusal(_("a finding for every statement"), words)


@need(lambda: _("to grant, that everything is met; to decline, that something is not"), said=True)
def findings_fit(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    not_met = [key for key, verdict in work.standing.findings.items() if verdict != MET and key[0] in work.asked]
    if act.outcome == "grant" and not_met:
        some = names(work, not_met, 10)
        yield Refusal(
            _("grant only what is met"),
            (
                _("Not met: {some}. Decline, or send the case back with /return.")
                if row.command == "decide"
                else _("Not met: {some}. Request evidence, or recommend to decline.")
            ).format(some=some),
        )
    if act.outcome == "decline" and not not_met and not certificates.unconfirmed(work):
        yield Refusal(_("decline only with a reason"), _("Every finding is met; there is nothing to decline for."))


@need(lambda: _("that the meeting was held, where the certificate has one"))
def meeting_held(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    meets = work.profile and any(step.id == MEETING for step in work.profile.steps)
    if meets and not any(event.type == "meeting_held" for event in work.case.events):
        yield Refusal(_("no grant without the meeting"), _("The verification meeting has not been held."))


@need(lambda: _("that the certificate asked for first is valid on that day"), said=True)
def prerequisite(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    profile = work.profile
    if profile is None or profile.prerequisite is None:
        return
    needed = work.judge.data.profile(profile.prerequisite)
    if needed and not (act.data or {}).get("prerequisite"):
        yield Refusal(
            _("the prerequisite must be valid today"),
            _("No valid {name} of this person was found; name the reference of its case.").format(name=needed.name),
        )


@need(
    lambda: _("that the applicant names such a certificate, and that it was granted to them and is valid on that day"),
    said=True,
)
def credit(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    data = act.data or {}
    certificate = str(data.get("certificate", ""))
    if certificate not in certificates.held(work):
        words = _("This portfolio does not say that its author holds the certificate of that case.")
        yield Refusal(_("a certificate that is valid today"), words)
    elif not certificates.valid(work, case := work.store.case(str(data["reference"])), certificate):
        yield Refusal(_("a certificate that is valid today"), certificates.why_not(work, case))


@need(lambda: _("that every certificate that the applicant holds has been named with /credit and is valid on that day"))
def credits(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    for profile_id in certificates.unconfirmed(work):
        profile = work.judge.data.profile(profile_id)
        words = _("The applicant says that they hold this: {name}. Name the case that granted it with /credit.")
        yield Refusal(
            _("a certificate that is valid today"), words.format(name=profile.name if profile else profile_id)
        )


@need(
    lambda: _("another open case of the same person about the same certificate, whose audit has not begun"), said=True
)
def other_case(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    reference = str((act.data or {}).get("reference", ""))
    sent = work.case.current("portfolio")
    other = work.store.case(reference) if re.fullmatch(r"[A-Z0-9-]{5,40}", reference) else None
    if other is None or not other.events or reference == work.case.reference:
        yield Refusal(_("another case"), _("There is no such other case; compare the reference."))
    elif other.about != work.case.about:
        yield Refusal(_("the same certificate"), _("That case is about another certificate."))
    elif not takes(work.judge.data, other) and not (sent and other.names(str(sent.data["digest"]))):
        yield Refusal(_("before the audit"), _("The audit of that case has begun, or it is over."))
    elif not certificates.comparable(work, other):
        words = _(
            "What was sent to one of the two cases has been removed, so nobody can see that both are one person's."
        )
        yield Refusal(_("not on what is forgotten"), words)
    elif other.evidence_requested and sent and sent.received < other.asked_at and not newer(work, other):
        words = _("This portfolio was sent before more evidence was requested there, and answers nothing.")
        yield Refusal(_("what came after the request"), words)
    elif not certificates.of_the_same(work, other):
        yield Refusal(_("the same person"), _("The e-mail address there is another one. Ask the applicant."))


@need(lambda: _("that nobody has begun to audit it"))
def unaudited(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    if work.case.audit_begun:
        yield Refusal(_("before the audit"), _("The audit of this case has begun."))


@need(lambda: _("that it is not paused"))
def running(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    if work.standing.pause:
        yield Refusal(_("paused"), _("It is paused already."))


@need(lambda: _("that it is paused"))
def paused(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    if not work.standing.pause:
        yield Refusal(_("not paused"), _("It is not paused."))


@need(lambda: _("that its day is over"))
def overdue(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    here, due = work.standing, work.standing.due
    if here.pause:
        yield Refusal(_("only what is overdue"), _("It is paused: its clock stands. /resume comes first."))
    elif due is None:
        words = _("Nobody has decided how many days this may take; they are set in data/process.yml.")
        yield Refusal(_("only what is overdue"), words)
    elif work.now < due:
        yield Refusal(_("only what is overdue"), _("It is due on {day}.").format(day=due.date().isoformat()))


@need(lambda: _("that what was sent has not been removed"))
def remembered(work: Work, row: Transition, act: Act) -> Iterator[Refusal]:
    if not work.submissions():
        words = _("What was sent has been removed, so nobody could judge it.")
        yield Refusal(_("not on what is forgotten"), words)
