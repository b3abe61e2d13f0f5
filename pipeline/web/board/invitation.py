"""Personal links to the board that `python -m pipeline sign-in` prints: signed, for an hour, and opened once.

Whoever prints one and the server have in common what lies in var/: the key, and which links were used.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.durable import names, remove, write_new
from pipeline.submissions.status_secrets import Receipts

VALID = 3600  # seconds
REMEMBERED = 86_400  # seconds after its end for which a used link is known: clocks are set back


@dataclass(frozen=True)
class Invitations:
    """`used` is a folder with an empty file for each link that was opened; no name is in it. `clock`: seconds since 1970."""

    key: bytes
    used: Path
    clock: Callable[[], float] = time.time

    @classmethod
    def from_folder(cls, var: Path) -> Invitations:
        return cls(Receipts.from_folder(var).server_key, var / "sign-in")

    def token(self, login: str) -> str:
        words = f"{login}.{int(self.clock()) + VALID}.{secrets.token_hex(16)}"
        return f"{words}.{self._signature(words)}"

    def login(self, token: str) -> str | None:
        """Whose it is, if it is still good."""
        words, _dot, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(words).encode(), signature.encode()):
            return None
        login, end, number = words.split(".")
        still = self.clock() < int(end) and not (self.used / f"{end}-{number}").exists()
        return login if still else None

    def use(self, token: str) -> str | None:
        """Whose it is, for the first of all who ask. Raises StoreFailed."""
        login = self.login(token)
        if login is None:
            return None
        for name in names(self.used):
            if int(name.partition("-")[0]) + REMEMBERED < self.clock():
                remove(self.used / name)
        _login, end, number, _signature = token.split(".")
        return login if write_new(self.used / f"{end}-{number}", b"") else None

    def _signature(self, words: str) -> str:
        """Of 128 bits. No reference has the word in it that makes this another signature than a receipt's."""
        return hmac.new(self.key, f"sign-in\0{words}".encode(), hashlib.sha256).hexdigest()[:32]
