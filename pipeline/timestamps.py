"""Moments as events, deliveries and letters write them, and days and times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from pipeline.i18n import _, ascii_digits, without_invisible

_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_DAY = r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
_TIME = r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2}(?:[.][0-9]+)?)?"  # with seconds, as HTML allows; nobody arranges them
_ONE_DAY = re.compile(_DAY)
_DAY_AND_TIME = re.compile(rf"{_DAY}(?:T|,? +){_TIME}", re.IGNORECASE)


def stamp(moment: datetime) -> str:
    """In UTC, to the second: 2027-03-14T09:00:00Z. `moment` knows its offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def kept(path: Path) -> datetime | None:
    """The moment that a file holds; None where there is no such file, or somebody spoiled it."""
    try:
        found = datetime.fromisoformat(path.read_text("utf-8").strip())
    except (OSError, ValueError):
        return None
    return found if found.tzinfo else None


def now() -> str:
    return stamp(datetime.now(UTC))


def day(typed: str) -> str:
    """2027-03-14 for all that can only mean it (2027/3/14, other digits); otherwise as it was typed."""
    found = _ONE_DAY.fullmatch(_plain(typed))
    return _written(found[1], found[2], found[3]) if found else typed


def day_and_time(typed: str) -> str:
    """2027-03-14T09:30 for all that can only mean it (a space for the T, seconds, other digits); otherwise as it was typed."""
    found = _DAY_AND_TIME.fullmatch(_plain(typed))
    return f"{_written(found[1], found[2], found[3])}T{found[4]:0>2}:{found[5]}" if found else typed


def short_year(written: str, now: datetime) -> str:
    """In words for whoever typed a year of two digits, which browsers write as 0027; "" for another year."""
    year = int(written[:4])
    if year >= 100:
        return ""
    meant = 2000 + year if 2000 + year <= now.year + 1 else 1900 + year
    words = _("{typed} looks like a year written with two digits: write {year}")
    return words.format(typed=written[:4], year=meant)


def _plain(typed: str) -> str:
    return ascii_digits(without_invisible(typed)).translate(_HYPHENS).strip()


def _written(year: str, month: str, day: str) -> str:
    return f"{year}-{month:0>2}-{day:0>2}"
