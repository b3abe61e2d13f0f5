"""What happens next and by when, for everything that shows it: confirmation, status page, mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.cases.phases import Phase
from pipeline.cases.stages import Stage
from pipeline.data.model import Organization, is_placeholder
from pipeline.data.process import APPLICANT, NOBODY
from pipeline.dates_in_words import day
from pipeline.forms import json_schema, topics
from pipeline.i18n import _, language, speaking


@dataclass(frozen=True)
class NextSteps:
    """`steps` are sentences in their order. The interview is booked at `book_url`; where that is "" and `writes` is not,
    the sentence in `writes` says who fixes its time, and a calendar file has the preferred times if there are any.

    `by_when` is a sentence, "" where nobody here has to do anything; `ask`: nothing is published of it, so the way to
    ask stands beside it. It is in the language `said_in`, "" for the one that is spoken.
    """

    steps: tuple[str, ...]
    book_url: str
    writes: str
    by_when: str
    ask: bool
    said_in: str


def next_steps(organization: Organization, kind: str, about: str, here: Stage | None = None) -> NextSteps:
    """`kind` is what was sent last, `here` where the case stands; None while no case has been made of it."""
    role = organization.role("intake_manager").name
    paused = bool(here and here.paused)
    ahead = here is None or (here.phase is Phase.ARRIVED and not here.moment and not paused)
    interview = ahead and kind in (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO)
    url = organization.booking_url
    book_url = url if interview and url and not is_placeholder(url) else ""
    writes = _("The {role} writes to you to fix the time.").format(role=role) if interview and not book_url else ""
    within = organization.answer_within
    ours = here is None or not (paused or here.awaited in (APPLICANT, NOBODY))
    said_in = organization.original("answer_within") if within else ""
    with speaking(said_in or language.get()):
        by_when = (
            _("You hear from us within {time}.").format(time=within)
            if within
            else _("When you hear from us is not published here.")
        )
    return NextSteps(
        steps=_steps(organization, kind, about, here),
        book_url=book_url,
        writes=writes,
        by_when=by_when if ours else "",
        ask=ours and not within,
        said_in=said_in,
    )


def _steps(organization: Organization, kind: str, about: str, here: Stage | None) -> tuple[str, ...]:
    if here is None:
        return _of_kind(organization, kind, about)
    steps = _of_state(organization, kind, here) or _of_kind(organization, kind, about, sure=True)
    if not here.paused:
        return steps
    rests = _("Your case has rested since {date}. Its days do not count until it goes on.")
    return (rests.format(date=day(here.paused, language.get())), *steps)


def _of_state(organization: Organization, kind: str, here: Stage) -> tuple[str, ...]:
    """Empty at the beginning, where it depends on what was sent."""
    if here.phase is Phase.MESSAGE or (here.phase is Phase.ARRIVED and not here.moment):
        return ()
    auditor = organization.role("auditor").name
    role = auditor if here.awaited in (APPLICANT, NOBODY) else organization.role(here.awaited).name
    reads = _reads(organization)
    writes = (_("You write your portfolio. The link below opens its form with your reference already in it."), reads)
    meets = (_meets(organization, here, role), *(writes[:1] if kind == json_schema.SELF_ASSESSMENT else (reads,)))
    words: dict[Phase, tuple[str, ...]] = {
        Phase.ARRIVED: meets,
        Phase.INTERVIEW: meets,
        Phase.WRITES: writes,
        Phase.AUDIT: (_("The {role} reads your portfolio for relevance, authorship and mastery.").format(role=role),),
        Phase.EVIDENCE: (
            _("You add the evidence that is asked for, and send your portfolio again."),
            _("Then the {role} reads it again.").format(role=auditor),
        ),
        Phase.MEETING: _talks(organization, here)
        or (
            _("The {role} writes to you to arrange a meeting, and talks with you about your portfolio.").format(
                role=role
            ),
        ),
        Phase.DECISION: (_("The {role} reads what the audit has found, and decides.").format(role=role),),
        Phase.APPEAL: (
            *_talks(organization, here),
            _("Somebody who took no part in this case looks at the decision again and decides."),
        ),
        Phase.GRANTED: (_("The certificate is granted."),),
        Phase.DECLINED: (_("The certificate is not granted. You may appeal against this decision."),),
        Phase.WITHDRAWN: (_("You have withdrawn. A new self-assessment begins a new case."),),
        Phase.EXPIRED: (_("Nothing came in time. A new self-assessment begins a new case."),),
        Phase.JOINED: (_("Everything goes on in the other case."),),
        Phase.ANSWERED: (_("The message is answered."),),
    }
    return words.get(here.phase) or (*_talks(organization, here), _plainly(organization, here))


def _reads(organization: Organization) -> str:
    words = _("Then the {role} reads your portfolio for relevance, authorship and mastery.")
    return words.format(role=organization.role("auditor").name)


def _meets(organization: Organization, here: Stage, role: str) -> str:
    minutes = organization.interview_minutes
    if here.moment:
        words = _("The {role} meets you for {minutes} minutes on {date} at {time}, as agreed with you.")
        return words.format(role=role, minutes=minutes, **_when(here.moment))
    return _("The {role} meets you for {minutes} minutes, as arranged.").format(role=role, minutes=minutes)


def _talks(organization: Organization, here: Stage) -> tuple[str, ...]:
    """Of a meeting that is arranged or was missed; empty where there is nothing to say of one."""
    if here.moment:
        words = _("The {role} talks with you on {date} at {time}, as agreed with you.")
        return (words.format(role=organization.role(here.holder).name, **_when(here.moment)),)
    if here.missed:
        words = _("The meeting did not take place. The {role} writes to you to arrange a new time.")
        return (words.format(role=organization.role(here.holder).name),)
    return ()


def _when(moment: str) -> dict[str, str]:
    at = datetime.fromisoformat(moment)
    return {"date": day(moment, language.get()), "time": f"{at:%H:%M}"}


def _plainly(organization: Organization, here: Stage) -> str:
    """Of a state that only its body knows: its title, and who is awaited."""
    if here.awaited == APPLICANT:
        return _("Your case stands at “{stage}”. It is your turn.").format(stage=here.title)
    if here.awaited == NOBODY:
        return _("Your case stands at “{stage}”. Nobody is awaited.").format(stage=here.title)
    role = organization.role(here.awaited).name
    return _("Your case stands at “{stage}”. Whose turn it is: {role}.").format(stage=here.title, role=role)


def _of_kind(organization: Organization, kind: str, about: str, *, sure: bool = False) -> tuple[str, ...]:
    """`sure`: it is known that the interview has not been held. A form's own receipt cannot know it."""
    manager, minutes = organization.role("intake_manager").name, organization.interview_minutes
    if kind == json_schema.SELF_ASSESSMENT:
        meets = _("The {role} reads your self-assessment and meets you for {minutes} minutes.")
        writes = _("You write your portfolio. The link below opens its form with your reference already in it.")
        return meets.format(role=manager, minutes=minutes), writes
    if kind == json_schema.PORTFOLIO:
        sees = (
            _("The {role} sees that everything is there. Before the audit they meet you for {minutes} minutes.")
            if sure
            else _(
                "The {role} sees that everything is there. If you have not had your interview of {minutes} minutes yet, "
                "it comes before the audit."
            )
        )
        return sees.format(role=manager, minutes=minutes), _reads(organization)
    if about in topics.COMPLAINTS:
        handles = organization.role(organization.complaints_role).name
        return (_("The {role} reads it and answers you by e-mail.").format(role=handles),)
    return (_("We read it and answer you by e-mail."),)
