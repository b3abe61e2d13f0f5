"""What happens next and by when, for everything that shows it: confirmation, status page, mail."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.audit.stages import Stage
from pipeline.profiles import derive, topics
from pipeline.profiles.model import Organization, is_placeholder
from pipeline.profiles.process import APPLICANT, NOBODY
from pipeline.text import _

BEGINNING = "received"  # the state in which the interview is still to be arranged


@dataclass(frozen=True)
class NextSteps:
    """`steps` are sentences in their order. The interview is booked at `book_url`; where that is "" and `writes` is not,
    the sentence in `writes` says who fixes its time, and a calendar file has the preferred times if there are any.

    `by_when` is a sentence, "" where nobody here has to do anything; `ask`: nothing is published of it, so the way to
    ask stands beside it.
    """

    steps: tuple[str, ...]
    book_url: str
    writes: str
    by_when: str
    ask: bool


def next_steps(organization: Organization, kind: str, about: str, here: Stage | None = None) -> NextSteps:
    """`kind` is what was sent last, `here` where the case stands; None while no case has been made of it."""
    role = organization.role("intake_manager").name
    interview = kind == derive.SELF_ASSESSMENT and (here is None or here.id == BEGINNING)
    url = organization.booking_url
    book_url = url if interview and url and not is_placeholder(url) else ""
    writes = _("The {role} writes to you to fix the time.").format(role=role) if interview and not book_url else ""
    within = organization.answer_within
    ours = here is None or here.awaited not in (APPLICANT, NOBODY)
    by_when = (
        _("You hear from us within {time}.").format(time=within)
        if within
        else _("When you hear from us is not published here.")
    )
    return NextSteps(
        steps=(here and _of_state(organization, kind, here)) or _of_kind(organization, kind, about),
        book_url=book_url,
        writes=writes,
        by_when=by_when if ours else "",
        ask=ours and not within,
    )


def _of_state(organization: Organization, kind: str, here: Stage) -> tuple[str, ...]:
    """Empty at the beginning, where it depends on what was sent. A state that is not named here says it in its own words."""
    auditor = organization.role("auditor").name
    role = auditor if here.awaited in (APPLICANT, NOBODY) else organization.role(here.awaited).name
    reads = _("Then the {role} reads it for relevance, authorship and mastery.").format(role=auditor)
    writes = (_("You write your portfolio. The link below opens its form with your reference already in it."), reads)
    meets = _("The {role} meets you for {minutes} minutes, as arranged.").format(
        role=role, minutes=organization.interview_minutes
    )
    words: dict[str, tuple[str, ...]] = {
        BEGINNING: (),
        "portfolio": (),
        "message": (),
        "interview": (meets, *(writes[:1] if kind == derive.SELF_ASSESSMENT else (reads,))),
        "awaiting_portfolio": writes,
        "audit": (_("The {role} reads your portfolio for relevance, authorship and mastery.").format(role=role),),
        "evidence_requested": (
            _("You add the evidence that is asked for, and send your portfolio again."),
            _("Then the {role} reads it again.").format(role=auditor),
        ),
        "verification": (
            _("The {role} writes to you to arrange a meeting, and talks with you about your portfolio.").format(
                role=role
            ),
        ),
        "decision": (_("The {role} reads what the audit has found, and decides.").format(role=role),),
        "declined": (_("The certificate is not granted. You may appeal against this decision."),),
        "withdrawn": (_("You have withdrawn. A new self-assessment begins a new case."),),
    }
    return words.get(here.id, (here.todo,))


def _of_kind(organization: Organization, kind: str, about: str) -> tuple[str, ...]:
    manager, auditor = organization.role("intake_manager").name, organization.role("auditor").name
    if kind == derive.SELF_ASSESSMENT:
        meets = _("The {role} reads your self-assessment and meets you for {minutes} minutes.")
        writes = _("You write your portfolio. The link below opens its form with your reference already in it.")
        return meets.format(role=manager, minutes=organization.interview_minutes), writes
    if kind == derive.PORTFOLIO:
        sees = _("The {role} sees that everything is there and that the interview has been held.")
        reads = _("Then the {role} reads it for relevance, authorship and mastery.")
        return sees.format(role=manager), reads.format(role=auditor)
    if about in topics.COMPLAINTS:
        handles = organization.role(organization.complaints_role).name
        return (_("The {role} reads it and answers you by e-mail.").format(role=handles),)
    return (_("We read it and answer you by e-mail."),)
