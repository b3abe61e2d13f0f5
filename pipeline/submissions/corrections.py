"""What a person types where an address, a day or a link is asked: mended where it is surely meant, told where it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from pipeline import email_address, timestamps
from pipeline.email_address import Address, NotAnAddress
from pipeline.findings import Finding
from pipeline.forms.fields import Field, Path
from pipeline.forms.sections import EARLIEST
from pipeline.i18n import _, has_content, without_invisible

ZONES = timedelta(hours=12), timedelta(hours=14)  # a day begins so long before UTC's, and ends so long after it
AHEAD = timedelta(days=366)  # for so long an interview is looked for
_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)


def mend(asked: Iterable[Field], value: dict[str, Any]) -> None:
    """In place: only what can mean one thing is changed."""
    for field in asked:
        typed = get(value, field.path)
        if isinstance(typed, str) and field.widget in _MENDS:
            get(value, field.path[:-1])[field.path[-1]] = _MENDS[field.widget](typed)
        elif isinstance(typed, list) and "pattern" in field.schema.get("items", {}):
            typed[:] = [link(line) if isinstance(line, str) else line for line in typed]


_MENDS = {"email": email_address.mended, "date": timestamps.day, "moment": timestamps.day_and_time}


def link(typed: str) -> str:
    """https://example.org/a for <Https://example.org/a>, and for www.example.org/a; otherwise as it was typed."""
    text = without_invisible(typed).strip().lstrip("<([{\"'“„«").rstrip(">]}\"'”“»,;.!")
    if text.endswith(")") and "(" not in text:
        text = text.rstrip(")")
    scheme = _SCHEME.match(text)
    if scheme:
        return f"{scheme[1].lower()}://{text[scheme.end() :]}"
    return f"https://{text}" if text[:4].lower() == "www." else typed


def wrong(asked: Iterable[Field], value: dict[str, Any], now: datetime, waited: bool) -> Iterator[Finding]:
    """`waited`: it was typed some time before `now`, and a day to come may be over since."""
    for field in asked:
        text = get(value, field.path)
        if not isinstance(text, str) or not has_content(text):
            continue
        message = ""
        if field.widget == "email" and len(text) <= field.schema["maxLength"]:
            message = _address(text)
        elif field.widget == "date" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            message = _held(text, now)
        elif field.widget == "moment" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", text):
            message = _wished(text, now, waited)
        if message:
            yield Finding(field.pointer, field.title, message)


def _address(text: str) -> str:
    try:
        Address.of(text)
    except NotAnAddress as error:
        return str(error)
    return ""


def _held(text: str, now: datetime) -> str:
    """Of the day of a meeting that was held."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _year(text, now) or _("is no day of the calendar; check day and month")
    if day > (now + ZONES[1]).date():
        return _("is still to come; write the day on which it was")
    if day.isoformat() < EARLIEST:
        return _year(text, now) or _("is too long ago; check the year {year}").format(year=text[:4])
    return ""


def _wished(text: str, now: datetime, waited: bool) -> str:
    """Of a time that somebody would like for the interview."""
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        return _year(text, now) or _("is no day of the calendar; check day, month and time")
    if day > (now + ZONES[1] + AHEAD).date():
        return _("is more than a year ahead; write a nearer day")
    if day < (now - ZONES[0]).date() and not waited:
        return _year(text, now) or _("is over; write a day to come, or leave it empty")
    return _year(text, now)


def _year(text: str, now: datetime) -> str:
    return timestamps.short_year(text, now)


def get(value: Any, path: Path) -> Any:
    """What stands at a path, or None."""
    try:
        for part in path:
            value = value[part]
    except (KeyError, IndexError, TypeError):
        return None
    return value
