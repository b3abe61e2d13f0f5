"""What the body can learn from its cases: counted from the events alone, without a word or a name of anybody's.

A case that was joined to another counts once, with that one. Times are stays that have ended, without pauses; a case that
still waits is in none. The median is the middle value (of an even number, the mean of the two in the middle); p90 is by
nearest rank: the smallest value that at least nine of ten do not exceed.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from pipeline.cases import workload
from pipeline.cases.events import APPEALED, CONTACT, JOINED, Case
from pipeline.cases.state import NOT_MET, Standing, standing, walk
from pipeline.cases.workload import Load
from pipeline.data.model import Data
from pipeline.forms import json_schema
from pipeline.natural_order import natural

SMALL = 5  # of a statement that was audited in fewer cases, the list would say something of single people
MOST = 10  # statements listed
DAY = timedelta(days=1)
ENDS = ("declined", "withdrawn", "expired")
FUNNEL = ("received", "admitted", "portfolio", "recommended", "decided", "granted", *ENDS)
LAST = {"appeal_withdrawn": "declined"}  # what was decided before holds


@dataclass(frozen=True)
class Stay:
    """`median` and `p90` in days, of `count` stays that have ended."""

    state: str
    count: int
    median: float
    p90: float


@dataclass(frozen=True)
class Statistics:
    """`certificate`: of one profile's cases, "" of all. `not_met`: statement → cases; None where each was audited in too few.

    `more`: how many statements were not met beyond those listed. `funnel`: how many cases ever got so far, and how many
    ended without a certificate; a portfolio can come before the interview.
    """

    certificate: str
    funnel: dict[str, int]
    stays: tuple[Stay, ...]
    audited: int
    not_met: tuple[tuple[str, int], ...] | None
    more: int
    loads: tuple[Load, ...]


def statistics(data: Data, cases: Iterable[Case], now: datetime, certificate: str = "") -> Statistics:
    chosen = [case for case in cases if _counts(case) and certificate in ("", case.about)]
    audited = [standing(data, case) for case in chosen if _has(case, "recommended")]
    counted = _not_met(audited)
    return Statistics(
        certificate,
        {step: sum(_reached(case, step) for case in chosen) for step in FUNNEL},
        tuple(_stays(data, chosen)),
        len(audited),
        None if counted is None else tuple(counted[:MOST]),
        len((counted or [])[MOST:]),
        tuple(workload.of(data, chosen, now)),
    )


def _counts(case: Case) -> bool:
    return case.opening.type != CONTACT and not _has(case, JOINED)


def _has(case: Case, *types: str) -> bool:
    return any(event.type in types for event in case.events)


def _reached(case: Case, step: str) -> bool:
    if step == "received":
        return True
    if step == "portfolio":
        return case.current(json_schema.PORTFOLIO) is not None
    if step in ENDS:
        types = [LAST.get(event.type, event.type) for event in case.events]
        ends = [kind for kind in types if kind in ("granted", *ENDS, APPEALED)]
        return ends[-1:] == [step]
    return _has(case, "granted", "declined") if step == "decided" else _has(case, step)


def _stays(data: Data, cases: Sequence[Case]) -> Iterator[Stay]:
    """In the order of the process table; only states that a case has left."""
    days: dict[str, list[float]] = {}
    for case in cases:
        for state, time in ended(data, case):
            days.setdefault(state, []).append(time / DAY)
    for here in data.process.states:
        if found := days.get(here.id):
            yield Stay(here.id, len(found), median(found), nearest_rank(found, 90))


def ended(data: Data, case: Case) -> Iterator[tuple[str, timedelta]]:
    """(state, time in it without pauses) of every stay that has ended."""
    before: Standing | None = None
    for event, here in walk(data, case):
        if before and (before.state.id, before.since) != (here.state.id, here.since):
            yield before.state.id, before.age(datetime.fromisoformat(event.at))
        before = here


def nearest_rank(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least so many percent of them do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


def _not_met(audited: Sequence[Standing]) -> list[tuple[str, int]] | None:
    """Cases in which a statement is not met by one criterion or more, the most frequent first.

    Only of statements that were audited in enough cases: those of a small certificate are asked there alone, and those of
    a held certificate are not asked again. None if there is no such statement.
    """
    asked: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for here in audited:
        asked.update({statement for statement, _criterion in here.findings})
        count.update({statement for (statement, _criterion), verdict in here.findings.items() if verdict == NOT_MET})
    enough = {statement for statement, number in asked.items() if number >= SMALL}
    listed = [(statement, number) for statement, number in count.items() if statement in enough]
    return sorted(listed, key=lambda entry: (-entry[1], natural(entry[0]))) if enough else None


def table(of: Statistics) -> Iterator[tuple[str, str, str, str]]:
    """(part, item, measure, value): every number of the page, days with one decimal."""
    for step, number in of.funnel.items():
        yield "funnel", step, "cases", str(number)
    for stay in of.stays:
        yield "time in state", stay.state, "stays", str(stay.count)
        yield "time in state", stay.state, "median days", f"{stay.median:.1f}"
        yield "time in state", stay.state, "p90 days", f"{stay.p90:.1f}"
    yield "audited", "", "cases", str(of.audited)
    for statement, number in of.not_met or ():
        yield "not met", statement, "cases", str(number)
    if of.more:
        yield "not met", "", "further statements", str(of.more)
    for entry in of.loads:
        yield "load", entry.login or "not claimed", "open cases", str(entry.open)
        yield "load", entry.login or "not claimed", "oldest days", f"{entry.oldest / DAY:.1f}"


def to_csv(every: Iterable[Statistics]) -> str:
    """RFC 4180, with a head; one row a number."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(("certificate", "part", "item", "measure", "value"))
    for of in every:
        writer.writerows((of.certificate or "all", *row) for row in table(of))
    return buffer.getvalue()
