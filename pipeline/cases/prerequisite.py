"""A certificate that must be valid on the day, and be the same person's: read from the `granted` events of the case named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pipeline.cases.context import Work
from pipeline.cases.events import Case
from pipeline.cases.name_matching import same, same_address
from pipeline.i18n import _


def named(work: Work, reference: str = "") -> dict[str, Any]:
    """{"prerequisite": reference} if this case, or else one named before in this case, grants it today; else nothing."""
    before = [str(event.data["prerequisite"]) for event in work.case.events if "prerequisite" in event.data]
    profile = work.profile
    if profile is None or profile.prerequisite is None:
        return {}
    for name in (reference, *before):
        if name and valid(work, work.store.case(name), profile.prerequisite):
            return {"prerequisite": name}
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
    """Whether both cases hold one e-mail address; where neither holds any, whether they hold one name.

    Here a "same" too many gives somebody what another person was granted, so a name alone is not enough: many have one
    name. Whoever has a new address sends the form again with the one that they used then. What has been forgotten
    cannot be compared, so it is nobody's (`comparable`).
    """
    ours, theirs = _applicants(work), _applicants(work.of(case))
    addresses = [[str(one["email"]) for one in side if one.get("email")] for side in (ours, theirs)]
    if any(addresses):
        return any(same_address(one, other) for one in addresses[0] for other in addresses[1])
    return any(same(one.get("name"), other.get("name")) for one in ours for other in theirs)


def comparable(work: Work, case: Case) -> bool:
    """What was sent is still there, in this case and in the other."""
    return bool(work.submissions()) and bool(work.of(case).submissions())


def why_not(work: Work, case: Case) -> str:
    """What whoever named a case that is not valid has to know."""
    if case.events and not comparable(work, case):
        return _(
            "What was sent to one of the two cases has been removed, so nobody can see that both are one person's. "
            "The applicant has to show the certificate in another way, or begin a new case."
        )
    return _(
        "That case does not grant it to this person, or it is no longer valid. "
        "It counts as this person's only if the e-mail address is the same in both cases."
    )


def _applicants(work: Work) -> list[dict[str, Any]]:
    return [value.get("applicant", {}) for value in work.submissions()]


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
