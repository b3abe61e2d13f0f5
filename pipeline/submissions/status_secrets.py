"""The secret of a case's status link: made from the reference and a key that stays on the server. Nothing is stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from pipeline.durable import write_new
from pipeline.submissions import references


@dataclass(frozen=True)
class Receipts:
    """`server_key`: 32 random bytes. Who loses them makes all status links void, and loses nothing else."""

    server_key: bytes

    @classmethod
    def from_folder(cls, folder: Path) -> Receipts:
        """Raises StoreFailed where it is not there and cannot be written."""
        path = folder / "status-links.key"
        if not path.is_file():
            write_new(path, secrets.token_bytes(32))
        return cls(path.read_bytes())

    def secret(self, reference: str) -> str:
        """26 small letters and digits (128 bits)."""
        digest = hmac.new(self.server_key, reference.encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:16]).decode().rstrip("=").lower()

    def fits(self, reference: str, secret: str) -> bool:
        """In constant time. A full stop or a bracket after a link that was copied from a sentence is no part of it."""
        return hmac.compare_digest(self.secret(reference).encode(), references.code(secret).lower().encode())
