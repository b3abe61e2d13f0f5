"""What the board's list says of a case's time and hands, and the load of everybody: in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pipeline.cases.events import CONTACT, Case
from pipeline.cases.load import Load
from pipeline.cases.standing import standing
from pipeline.cases.statistics import DAY
from pipeline.profiles.model import Data
from pipeline.text import _, ngettext

LEADS = ("intake_manager", "director")  # see how much lies with whom


def days(number: int) -> str:
    return ngettext("{number} day", "{number} days", number).format(number=number)


def time_and_hands(data: Data, case: Case, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """`age` in the present state, `due` as a day (ISO 8601), `overdue`, `owner` by name; "" where there is none."""
    if case.opening.type == CONTACT:
        return {"age": "", "due": "", "overdue": False, "owner": "", "paused": False}
    here = standing(data, case)
    owner = here.owner or ""
    return {
        "age": days(here.age(now) // DAY) if here.state.open else "",
        "due": here.due.date().isoformat() if here.due else "",
        "overdue": here.due is not None and now >= here.due,
        "owner": names.get(owner, owner) if here.state.open else "",
        "paused": here.pause is not None,
    }


def name_of(login: str, names: Mapping[str, str]) -> str:
    return names.get(login, login) or _("Not claimed yet")


def load_rows(loads: Iterable[Load], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row a person: `name`, `open` cases, `oldest` in words."""
    return [
        {"name": name_of(entry.login, names), "open": entry.open, "oldest": days(entry.oldest // DAY)}
        for entry in loads
    ]
