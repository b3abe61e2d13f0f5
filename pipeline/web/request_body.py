"""The body of a post: one reader for every route, with a time limit, a slowest pace and a limit of memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request

from pipeline.errors import UnreadableInput
from pipeline.i18n import _, is_number

LARGE = 1_000_000  # bytes: most portfolios have less


def heading(error: UnreadableInput) -> str:
    """Over the page that tells it."""
    words = {413: _("Too much text"), 503: _("Please wait a little")}
    return words.get(error.status, _("This could not be read"))


@dataclass(eq=False)
class _Body:
    """`alarm` is there while it is read or waits; `works`: its turn has come."""

    alarm: asyncio.Timeout | None = None
    size: int = 0
    works: bool = False
    gave_way: bool = False


@dataclass
class Bodies:
    """Seconds and bytes. `silence`: without a byte; `longest`: until the last one, on a slow line.

    A body must come at `pace` bytes a second, after `grace`. Of those that are LARGE, `few` are worked on at once: that takes
    many times their size. All that are read, wait or are worked on have at most `room` bytes: then the largest that is not
    worked on yet gives way.
    """

    silence: float = 15.0
    grace: float = 20.0
    pace: float = 4_000.0
    longest: float = 120.0
    room: int = 64_000_000
    few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    _here: set[_Body] = field(default_factory=set)

    @asynccontextmanager
    async def read(self, request: Request, limit: int, too_much: str) -> AsyncIterator[bytes]:
        """At most `limit` bytes. Raises UnreadableInput: 413 with the words `too_much`, 408, or 503 where it gave way."""
        declared = request.headers.get("content-length", "0")
        if not is_number(declared) or int(declared) > limit:
            raise UnreadableInput(too_much, 413)
        body = _Body()
        self._here.add(body)
        try:
            yield await self._whole(request, body, limit, too_much)
        finally:
            self._here.discard(body)
            if body.works:
                self.few.release()

    async def _whole(self, request: Request, body: _Body, limit: int, too_much: str) -> bytes:
        chunks: list[bytes] = []
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self.silence) as body.alarm:
                async for chunk in request.stream():
                    body.size += len(chunk)
                    if body.size > limit:
                        raise UnreadableInput(too_much, 413)
                    chunks.append(chunk)
                    paced = begun + min(self.grace + body.size / self.pace, self.longest)
                    if not body.gave_way:  # else its alarm goes off already
                        body.alarm.reschedule(min(loop.time() + self.silence, paced))
                    self._make_room(loop.time())
                if body.size > LARGE:
                    if not body.gave_way:
                        body.alarm.reschedule(None)
                    body.works = await self.few.acquire()
        except (TimeoutError, ClientDisconnect) as error:
            if body.gave_way:
                raise UnreadableInput(
                    _("Too much is being sent by many at once. Wait a minute, then send it again."), 503
                ) from error
            message = _("The connection broke or was too slow before everything had arrived. Send it again.")
            raise UnreadableInput(message, 408) from error
        finally:
            body.alarm = None
        return b"".join(chunks)

    def _make_room(self, now: float) -> None:
        """An alarm that goes off already cannot be set again: who has given way is about to go, and counts no more."""
        here = [body for body in self._here if not (body.alarm and body.gave_way)]
        if sum(body.size for body in here) <= self.room:
            return
        largest = max((body for body in here if body.alarm), key=lambda body: body.size)
        if largest.alarm:
            largest.gave_way = True
            largest.alarm.reschedule(now)
