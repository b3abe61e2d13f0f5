"""What happens next and by when, for everything that shows it: confirmation, status page, mail."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.profiles import derive, topics
from pipeline.profiles.model import Organization, is_placeholder
from pipeline.text import _


@dataclass(frozen=True)
class NextSteps:
    """`steps` are sentences in their order. The interview is booked at `book_url`; where that is "" and `writes` is not,
    the sentence in `writes` says who fixes its time, and a calendar file has the preferred times if there are any.

    `by_when` is a sentence; `ask`: nothing is published of it, so the way to ask stands beside it.
    """

    steps: tuple[str, ...]
    book_url: str
    writes: str
    by_when: str
    ask: bool


def next_steps(organization: Organization, kind: str, about: str, *, audit: bool = False) -> NextSteps:
    """`kind` is what was sent last, `audit` whether it is being audited."""
    role = organization.role("intake_manager").name
    interview = kind == derive.SELF_ASSESSMENT
    url = organization.booking_url
    book_url = url if interview and url and not is_placeholder(url) else ""
    writes = _("The {role} writes to you to fix the time.").format(role=role) if interview and not book_url else ""
    within = organization.answer_within
    return NextSteps(
        steps=_steps(organization, kind, about, audit),
        book_url=book_url,
        writes=writes,
        by_when=_("You hear from us within {time}.").format(time=within)
        if within
        else _("When you hear from us is not published here."),
        ask=not within,
    )


def _steps(organization: Organization, kind: str, about: str, audit: bool) -> tuple[str, ...]:
    manager, auditor = organization.role("intake_manager").name, organization.role("auditor").name
    if audit:
        return (_("The {role} reads your portfolio for relevance, authorship and mastery.").format(role=auditor),)
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
