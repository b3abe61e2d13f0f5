"""The server's log stays small, whatever strangers do: what breaks off is no news, and the rest comes in a bounded number."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from starlette.requests import ClientDisconnect

from pipeline.finding_output import LogLines
from pipeline.web.rate_limit import Bucket

AN_HOUR = 200  # records of one part: pipeline, uvicorn, asyncio
LONGEST = 4_000  # characters of a record
TRACEBACK = "PIPELINE_TRACEBACK"  # set: the words of an error that nobody foresaw are shown too
BROKEN = (ConnectionError, ClientDisconnect, asyncio.CancelledError)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Bounded(logging.Filter):
    """Says how many records it left out, with the first that it lets through again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._parts: dict[str, Bucket] = {}
        self._left_out: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], BROKEN):
            return False
        part, now = record.name.partition(".")[0], self._clock()
        bucket = self._parts.setdefault(part, Bucket(AN_HOUR, AN_HOUR, now))
        if bucket.take(now):
            self._left_out[part] = self._left_out.get(part, 0) + 1
            return False
        if missed := self._left_out.pop(part, 0):
            record.msg, record.args = f"{record.getMessage()} ({missed} lines like this were left out before it)", None
        return True


class ServerLines(LogLines):
    """Where an error happened and of what kind it was; its words may have anything in them that somebody typed."""

    def formatException(self, exc_info: Any) -> str:
        if os.environ.get(TRACEBACK):
            return super().formatException(exc_info)
        found: _ExcInfo = exc_info
        frames = traceback.format_tb(found[2], -12)
        return "".join([*frames, found[0].__name__ if found[0] else ""])

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # what another handler has made of it
        return super().format(record)[:LONGEST]


def bound(root: logging.Logger) -> None:
    """Every handler of the root logger writes like this from now on."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of every write to a connection that has broken
    bounded = Bounded()
    for handler in root.handlers:
        handler.addFilter(bounded)
        handler.setFormatter(ServerLines("%(message)s"))
