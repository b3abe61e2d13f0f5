"""Where mail goes without a mail server: a folder of .eml files, read on the board."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from pipeline.durable import names, write
from pipeline.mail.letter import Letter
from pipeline.mail.smtp import Outcome


@dataclass(frozen=True)
class Outbox:
    """What a letter says of a complaint lies in `apart`: another role reads it (D10)."""

    root: Path

    @contextlib.contextmanager
    def open(self) -> Iterator[Outbox]:
        yield self

    def send(self, letter: Letter) -> Outcome:
        """Raises StoreFailed. Sent again, it is the same file."""
        write(self._folder(letter.apart) / letter.file_name, letter.to_bytes())
        return Outcome.SENT

    def names(self, apart: bool) -> list[str]:
        """The latest first."""
        return names(self._folder(apart), ".eml")[::-1]

    def read(self, apart: bool, name: str) -> EmailMessage:
        """Only for a name that names() gave."""
        return BytesParser(EmailMessage, policy=default).parsebytes((self._folder(apart) / name).read_bytes())

    def _folder(self, apart: bool) -> Path:
        return self.root / "apart" if apart else self.root / "letters"
