"""The board's list: which cases, in which order; what it says of their time and hands, and the load of everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pipeline.cases.events import CONTACT, Case
from pipeline.cases.stages import stage
from pipeline.cases.state import standing
from pipeline.cases.statistics import DAY
from pipeline.cases.workload import Load
from pipeline.data.model import Data
from pipeline.data.process import NOBODY
from pipeline.i18n import _, ngettext

ASKED = ("certificate", "stage", "turn")  # what a row must be like, if something was chosen
MINE, REFERENCE, ORDER, WAITING = "mine", "reference", "order", "waiting"
_ALIKE = str.maketrans("OIL", "011")  # as in references.py
LEADS = ("intake_manager", "director")  # see how much lies with whom


def days(number: int) -> str:
    return ngettext("{number} day", "{number} days", number).format(number=number)


def time_and_hands(data: Data, case: Case, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """`age` in the present state, `due` as a day (ISO 8601), `overdue`, `owner` by name; "" where there is none.

    `waiting`: the age in seconds, 0 of what waits for nobody; `hands`: logins of all who have, had or judged it.
    """
    if case.opening.type == CONTACT:
        message = stage(data, case)
        since = now - datetime.fromisoformat(message.since)
        waits = since.total_seconds() if message.awaited != NOBODY else 0.0
        return {"age": "", "due": "", "overdue": False, "owner": "", "paused": False, "waiting": waits, "hands": set()}
    here = standing(data, case)
    owner = here.owner or ""
    return {
        "age": days(here.age(now) // DAY) if here.state.open else "",
        "due": here.due.date().isoformat() if here.due else "",
        "overdue": here.due is not None and now >= here.due,
        "owner": names.get(owner, owner) if here.state.open else "",
        "paused": here.pause is not None,
        "waiting": here.age(now).total_seconds() if here.state.open else 0.0,
        "hands": {*here.claims.values(), *here.assigned.values(), *here.acted},
    }


def choose(rows: Iterable[Mapping[str, Any]], asked: Mapping[str, str], login: str) -> list[Mapping[str, Any]]:
    """What was asked for, the latest first or the longest waiting. Of a reference any part is enough."""
    part = _bare(asked[REFERENCE])
    shown = [
        row
        for row in rows
        if all(not asked[name] or row[name] == asked[name] for name in ASKED)
        and (not asked[MINE] or login in row["hands"])
        and part in _bare(row["reference"])
    ]
    by = "waiting" if asked[ORDER] == WAITING else "at"
    return sorted(shown, key=lambda row: (row[by], row["at"]), reverse=True)


def _bare(reference: str) -> str:
    return "".join(letter for letter in reference.upper() if letter.isalnum()).translate(_ALIKE)


def name_of(login: str, names: Mapping[str, str]) -> str:
    return names.get(login, login) or _("Not claimed yet")


def load_rows(loads: Iterable[Load], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row a person: `name`, `open` cases, `oldest` in words."""
    return [
        {"name": name_of(entry.login, names), "open": entry.open, "oldest": days(entry.oldest // DAY)}
        for entry in loads
    ]
