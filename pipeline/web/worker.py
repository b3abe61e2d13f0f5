"""The doorbell: runs one piece of work in the background when rung, and now and then unasked. Trouble is told and tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from pipeline.errors import CannotGoOn

log = logging.getLogger("pipeline")
FORESEEN = (CannotGoOn, OSError)
AGAIN = 15.0  # seconds until work that failed is tried again


class Worker:
    """`work` runs in a thread, one at a time. `every` is in seconds. `trouble` is "" while all is well."""

    def __init__(self, name: str, work: Callable[[], object], every: float) -> None:
        self.name = name
        self.trouble = ""
        self._work = work
        self._every = every
        self._bell = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """For as long as the service runs. First what was left over from the last time."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._bell.clear()
            (result,) = await asyncio.gather(asyncio.to_thread(self._work), return_exceptions=True)
            self._tell(_trouble(result), result)
            wait = min(AGAIN, self._every) if self.trouble else self._every
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the bell.
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._bell.wait()

    def _tell(self, trouble: str, result: object) -> None:
        """Once, however often it is tried again."""
        if trouble != self.trouble:
            unforeseen = result if isinstance(result, BaseException) and not isinstance(result, FORESEEN) else None
            log.warning("%s: %s", self.name, trouble or "works again", exc_info=unforeseen)
        self.trouble = trouble


def _trouble(result: object) -> str:
    """What to say of a round; of an error that nobody foresaw its name alone, its text may have anything in it."""
    if isinstance(result, CannotGoOn):
        return str(result)
    if isinstance(result, OSError):
        return f"a file cannot be used ({result.strerror}); check the disk and the rights"
    if isinstance(result, BaseException):
        return f"an unforeseen {type(result).__name__}; the log has more"
    return ""
