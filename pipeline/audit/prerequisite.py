"""A certificate that must be valid on the day, and be the same person's: read from the `granted` events of the case named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pipeline.accept import references
from pipeline.audit.work import Work
from pipeline.cases.events import Case
from pipeline.cases.likeness import same, same_address


def named(work: Work, words: tuple[str, ...]) -> dict[str, Any]:
    """{"prerequisite": reference} if the case named, or one named before in this case, grants it today; else nothing."""
    before = [str(event.data["prerequisite"]) for event in work.case.events if "prerequisite" in event.data]
    profile = work.profile
    if profile is None or profile.prerequisite is None:
        return {}
    for text in (*words, *before):
        reference = references.normalise(work.judge.data.organization.reference_prefix, text)
        if reference and valid(work, work.store.case(reference), profile.prerequisite):
            return {"prerequisite": reference}
    return {}


def valid(work: Work, case: Case, profile_id: str) -> bool:
    """Granted, of this profile and this person, and within its validity (F8, F11)."""
    granted = [event for event in case.events if event.type == "granted"]
    profile = work.judge.data.profile(profile_id)
    if not granted or profile is None or case.about != profile_id or not of_the_same(work, case):
        return False
    years = profile.validity.years
    return not years or work.now < _later(datetime.fromisoformat(granted[-1].at), years)


def of_the_same(work: Work, case: Case) -> bool:
    """By name or e-mail address. Where one of the two has been forgotten, whoever names the case answers for it."""
    ours = [value.get("applicant", {}) for value in work.submissions()]
    theirs = [value.get("applicant", {}) for value in work.of(case).submissions()]
    alike = [
        same(one.get("name"), other.get("name")) or same_address(one.get("email"), other.get("email"))
        for one in ours
        for other in theirs
    ]
    return not alike or any(alike)


def held(work: Work) -> tuple[str, ...]:
    """The certificates whose statements the applicant did not answer, because they hold them."""
    portfolio = work.case.current("portfolio")
    return tuple(portfolio.data.get("held", ())) if portfolio else ()


def unconfirmed(work: Work) -> list[str]:
    """Those of them for which no case named by /credit grants them today."""
    named = {str(e.data["certificate"]): str(e.data["reference"]) for e in work.case.events if e.type == "credited"}
    return [
        profile_id
        for profile_id in held(work)
        if profile_id not in named or not valid(work, work.store.case(named[profile_id]), profile_id)
    ]


def _later(moment: datetime, years: int) -> datetime:
    """The same day so many years on; 29 February becomes 1 March."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)
