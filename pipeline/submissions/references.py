"""Case numbers people can read aloud: IMC-7K3M-2Q9X-H. Crockford's base 32 with its check symbol (modulo 37).

Numbers whose check symbol would be one of the five that are no letters or digits are passed over.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pipeline.durable import write_new

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")
LENGTHS = (8, 12, 16)  # symbols before the check symbol; the next length when a number is taken


@dataclass(frozen=True)
class Claim:
    """What a reference stands for."""

    reference: str
    key: str
    kind: str
    about: str


def _checked(number: int, length: int) -> str | None:
    check = number % 37
    if check >= len(SYMBOLS):
        return None
    digits = "".join(SYMBOLS[number >> 5 * place & 31] for place in reversed(range(length)))
    return digits + SYMBOLS[check]


def candidate(prefix: str, key: str, length: int) -> str:
    """The reference of a key: the first number with a plain check symbol that SHA-256 gives."""
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{key}/{length}/{attempt}".encode()).digest()
        symbols = _checked(int.from_bytes(digest, "big") >> 256 - 5 * length, length)
        if symbols:
            return _written(prefix, symbols)
        attempt += 1


def candidates(prefix: str, key: str) -> list[str]:
    """Every reference that a key can have, the likeliest first."""
    return [candidate(prefix, key, length) for length in LENGTHS]


def code(text: str) -> str:
    """The letters and digits of what somebody copied or typed, in capitals: without what stands around and between them."""
    plain = unicodedata.normalize("NFKC", unquote(text)).upper()
    return "".join(character for character in plain if character.isalnum())


def normalise(prefix: str, text: str) -> str | None:
    """The reference meant by what somebody typed (small letters, spaces, O for 0, I or L for 1); None if mistyped."""
    letters, begins = (typed.translate(_ALIKE) for typed in (code(text), prefix))
    found = (_symbols(possible) for possible in dict.fromkeys((letters.removeprefix(begins), letters)))
    symbols = next((one for one in found if one), None)
    return _written(prefix, symbols) if symbols else None


def _symbols(letters: str) -> str | None:
    """Themselves, if they are a number with its check symbol."""
    if len(letters) - 1 not in LENGTHS or any(letter not in SYMBOLS for letter in letters):
        return None
    number = 0
    for letter in letters[:-1]:
        number = number << 5 | SYMBOLS.index(letter)
    return letters if _checked(number, len(letters) - 1) == letters else None


def _written(prefix: str, symbols: str) -> str:
    groups = [symbols[start : start + 4] for start in range(0, len(symbols) - 1, 4)]
    return "-".join([prefix, *groups, symbols[-1]])


def free(folder: Path, prefix: str, key: str) -> str:
    """The reference of a key: the first that no other key has."""
    for reference in candidates(prefix, key):
        found = read(folder, reference)
        if found is None or found.key == key:
            return reference
    raise AssertionError("three SHA-256 collisions in a row")


def claim(folder: Path, claim: Claim) -> bool:
    """Make the reference the key's own for good. False if it is somebody's already: `read` says whose."""
    content = {"key": claim.key, "kind": claim.kind, "about": claim.about}
    return write_new(folder / f"{claim.reference}.json", json.dumps(content, sort_keys=True).encode())


def read(folder: Path, reference: str) -> Claim | None:
    """Only for a reference that normalise() gave: it becomes a file name."""
    path = folder / f"{reference}.json"
    if not path.is_file():
        return None
    return Claim(reference, **json.loads(path.read_bytes()))
