"""How much lies with whom: open cases whose turn it is, by who has claimed them or was assigned them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.cases.events import CONTACT, Case
from pipeline.cases.state import Standing, standing
from pipeline.data.model import Data
from pipeline.data.process import APPLICANT, NOBODY

NO_ONE = ""  # stands for the cases that a role waits for and nobody has claimed


@dataclass(frozen=True)
class Load:
    """`login`: a person, or NO_ONE; `oldest`: the longest time in its present state, without pauses."""

    login: str
    open: int
    oldest: timedelta


def of(data: Data, cases: Iterable[Case], now: datetime) -> list[Load]:
    """Whoever has the most first; what nobody has claimed comes last. What waits for the applicant is nobody's load."""
    ages: dict[str, list[timedelta]] = {}
    for here in _at_work(data, cases):
        ages.setdefault(here.owner or NO_ONE, []).append(here.age(now))
    loads = [Load(login, len(found), max(found)) for login, found in ages.items()]
    return sorted(loads, key=lambda load: (load.login == NO_ONE, -load.open, load.login))


def _at_work(data: Data, cases: Iterable[Case]) -> Iterator[Standing]:
    for case in cases:
        if case.opening.type != CONTACT:
            here = standing(data, case)
            if here.state.open and here.state.awaits not in (APPLICANT, NOBODY):
                yield here
