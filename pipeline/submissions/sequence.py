"""The order in which this machine took deliveries. No clock has a say in it: clocks jump."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.durable import failed, make_folder, write, write_new


@dataclass(frozen=True)
class Turn:
    """`desk`: a random name of the machine, "" of what an earlier version took; `number`: its how-manieth delivery.

    `seen`: how many events of the case it knew then.
    """

    desk: str = ""
    number: int = 0
    seen: int = 0


UNKNOWN = Turn()


@dataclass(frozen=True)
class Sequence:
    """`folder` holds the machine's name and the last number. One at a time counts on, whatever process it is."""

    folder: Path

    def next(self, before: Iterable[Turn], seen: int) -> Turn:
        """`before`: those of the same case. Numbers go on from them too, should the folder have come from a backup."""
        try:
            make_folder(self.folder)
            lock = (self.folder / "lock").open("wb")
        except OSError as error:
            raise failed(self.folder, error) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write_new(self.folder / "desk", secrets.token_hex(8).encode())
            desk = (self.folder / "desk").read_text("utf-8")
            number = self._after(desk, before)
            write(self.folder / "last", str(number).encode())
        return Turn(desk, number, seen)

    def coming(self, before: Iterable[Turn], seen: int) -> Turn:
        """What `next` will give, or something later: nothing is written. A machine without a name yet has none of others."""
        path = self.folder / "desk"
        try:
            desk = path.read_text("utf-8") if path.is_file() else "-"
            return Turn(desk, self._after(desk, before), seen)
        except OSError as error:
            raise failed(self.folder, error) from error

    def _after(self, desk: str, before: Iterable[Turn]) -> int:
        return max(self._last(), *(turn.number for turn in before if turn.desk == desk), 0) + 1

    def _last(self) -> int:
        try:
            return int((self.folder / "last").read_bytes())
        except (FileNotFoundError, ValueError):
            return 0
