"""Whether what is sent can be kept: what a write to every folder said, and the last one that failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.durable import probe
from pipeline.errors import WriteFailed

FRESH = 5.0  # seconds for which a word holds
SIZE = 64_000  # bytes: a usual portfolio
HANGS = 10.0  # seconds


@dataclass
class Writable:
    """`folders`: all to which something is written for what is sent. Only a probe of all of them says that it can be kept.

    After a write that failed the next probe tries as many bytes.
    """

    folders: tuple[Path, ...]
    clock: Callable[[], float] = time.monotonic
    _said: str = ""
    _size: int = SIZE
    _until: float | None = None
    _begun: float = 0.0
    _probing: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, error: WriteFailed, size: int = 0) -> None:
        """`size` in bytes."""
        self._said, self._size, self._until = str(error), max(self._size, size), self.clock() + FRESH

    def trouble(self) -> str:
        """Why nothing can be kept, in words; "" if it can. One probe at a time, and one every FRESH seconds."""
        if self._until is not None and self.clock() < self._until:
            return self._said
        if not self._probing.acquire(blocking=False):
            hangs = self.clock() - self._begun > HANGS
            return "a write does not end; check the disk" if hangs else self._said
        try:
            self._begun = self.clock()
            for folder in self.folders:
                probe(folder, self._size)
            self._said, self._size, self._until = "", SIZE, self.clock() + FRESH
        except WriteFailed as error:
            self.failed(error)
        finally:
            self._probing.release()
        return self._said
