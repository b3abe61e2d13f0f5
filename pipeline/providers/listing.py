"""Lists that are read page by page while others add to them and take away, from a provider that may never come to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Generic, TypeVar

from pipeline.providers.provider import ProviderFailed, Sent, moment, written

PAGES = 1000  # of one list
READINGS = 3  # of a list of several pages
T = TypeVar("T")
AGAIN = timedelta(days=7)  # looked at again, and known again: somebody may say later that one is no spam


def week_before(last: str) -> str:
    """For `Provider.since`."""
    known = moment(last)
    try:
        return written(known - AGAIN) if known else ""
    except OverflowError:  # a date of the first week of all
        return ""


@dataclass(frozen=True)
class Read(Generic[T]):
    """What one reading of a list found, by name, and of how many pages. `endless`: it was ended, for it came to no end."""

    read: dict[str, T]
    pages: int
    endless: bool


def once(pages: Iterator[list[T]], name: Callable[[T], str]) -> Read[T]:
    """Until there is no page, or one that brings nothing new."""
    read: dict[str, T] = {}
    count = 0
    for page in pages:
        new = {name(entry): entry for entry in page if name(entry) not in read}
        if not new or count == PAGES:
            return Read(read, count, True)
        read |= new
        count += 1
    return Read(read, count, False)


def sent_since(
    since: str, lists: Iterable[Callable[[], Iterator[list[Sent]]]], *, endless: bool = False
) -> Iterator[Sent]:
    """What all lists hold from `since` on, once and oldest first; what has no time too. Each call reads a list by pages.

    What is in one list as spam and in another as none is none.

    Raises ProviderFailed after the last one if a list, or what led to the lists (`endless`), came to no end.
    """
    found: dict[str, Sent] = {}
    for pages in lists:
        every = _again(pages)
        found |= {mark: sent for mark, sent in every.read.items() if not sent.at or sent.at >= since}
        endless = endless or every.endless
    good = {sent.name for sent in found.values() if not sent.spam}
    kept = [sent for sent in found.values() if not (sent.spam and sent.name in good)]
    yield from sorted(kept, key=attrgetter("at", "id"))
    if endless:
        raise ProviderFailed(
            "The form provider's list comes to no end: a page brought nothing new. What it gave until then is taken in; "
            "look there whether something is missing"
        )


def _again(pages: Callable[[], Iterator[list[Sent]]]) -> Read[Sent]:
    """Several pages are read until nothing more is found: who deletes one moves another past the next page."""
    found: dict[str, Sent] = {}
    for _reading in range(READINGS):
        reading = once(pages(), attrgetter("mark"))
        more = reading.read.keys() - found.keys()
        found |= reading.read
        if reading.pages < 2 or not more or reading.endless:
            break
    return Read(found, reading.pages, reading.endless)
