"""The interview's preferred times as a calendar file (RFC 5545): small, without any personal data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINE = 75  # octets a content line has at most, without its line end (RFC 5545, 3.1)


@dataclass(frozen=True)
class Interview:
    """`times` are local times without a zone, like 2027-03-14T09:30, in the order of preference; `minutes` its length.

    `maker` and `host` name the body in the file's PRODID and UIDs.
    """

    reference: str
    times: Sequence[str]
    minutes: int
    summary: str
    description: str
    maker: str
    host: str


def calendar(interview: Interview, stamp: str) -> bytes:
    """One tentative event for each preferred time. `stamp` is UTC, like 2027-03-14T09:00:00Z."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(interview.maker)}//interview//EN",
        "CALSCALE:GREGORIAN",
        *(line for number, time in enumerate(interview.times, 1) for line in _event(interview, number, time, stamp)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _event(interview: Interview, number: int, time: str, stamp: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{interview.reference.lower()}-{number}@{interview.host}"
    yield f"DTSTAMP:{_plain(stamp)}"
    yield f"DTSTART:{_plain(time)}00"
    yield f"DURATION:PT{interview.minutes}M"
    yield f"SUMMARY:{_text(interview.summary)}"
    yield f"DESCRIPTION:{_text(interview.description)}"
    yield "STATUS:TENTATIVE"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _plain(moment: str) -> str:
    return moment.replace("-", "").replace(":", "")


def _text(value: str) -> str:
    """RFC 5545, 3.3.11."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Pieces of at most LINE octets that never cut a character; all but the first begin with a space."""
    piece = ""
    for character in line:
        if len(f"{piece}{character}".encode()) > LINE:
            yield piece
            piece = " "
        piece += character
    yield piece
