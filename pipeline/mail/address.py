"""An e-mail address that a server can be given, or None. What can carry anything but an address is none."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LOCAL, DOMAIN = 64, 253  # octets at most (RFC 5321, 4.5.3.1)
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]")  # RFC 5322, 3.2.3: nothing quoted, no comment, no second address
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DEVIANT = re.compile("[ßς\u200c\u200d]")  # RFC 5894, 7.2: they lead to one domain in IDNA 2003 and to another in 2008


@dataclass(frozen=True)
class Address:
    """`local` as it was typed (NFC); `domain` in its ASCII form, in small letters."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Address | None:
        local, _at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
        ascii_domain = _domain(domain)
        if not ascii_domain or not _is_local(local):
            return None
        return cls(local, ascii_domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def same(self) -> str:
        """Equal for two ways to write one address."""
        return f"{self.local.casefold()}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """Equal also for addresses that many servers put into one mailbox: name+tag@, na.me@. Only for counting."""
        name = self.local.casefold().partition("+")[0].replace(".", "")
        return f"{name}@{self.domain}"


def _is_local(text: str) -> bool:
    parts = text.split(".")
    return len(text.encode()) <= LOCAL and all(part and all(map(_in_atom, part)) for part in parts)


def _in_atom(character: str) -> bool:
    if character.isascii():
        return _ATOM.fullmatch(character) is not None
    return unicodedata.category(character)[0] in "LMN"


def _domain(text: str) -> str | None:
    """RFC 5890's ASCII form of a name with at least two labels; no address in brackets."""
    if _DEVIANT.search(text):
        return None
    try:
        name = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = name.split(".")
    fits = len(name) <= DOMAIN and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    return name if fits and not labels[-1].isdigit() else None
