"""Interface texts: English sentences in the code are the keys of gettext catalogues (locale/<language>/).

`language` is the one that is spoken at the moment; a language without a catalogue speaks English.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
language: ContextVar[str] = ContextVar("language", default="en")


@lru_cache
def _translations(code: str) -> gettext.NullTranslations:
    return gettext.translation("messages", LOCALE, languages=[code], fallback=True)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Interface texts are in this language inside the block. Not for generators: they would speak it outside too."""
    token = language.set(code)
    try:
        yield
    finally:
        language.reset(token)


def has_words(code: str, message: str) -> bool:
    """Whether a language says a text in words of its own; in a catalogue that is missing or not finished it is English."""
    return code == "en" or _translations(code).gettext(message) != message


def _(message: str) -> str:
    return _translations(language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return _translations(language.get()).ngettext(singular, plural, number)


def number(value: int) -> str:
    """3000 → "3,000", in the reader's language."""
    return f"{value:,}".replace(",", _(","))


def normalised(text: str) -> str:
    """CRLF and CR become LF: the one form in which texts are counted, compared and kept."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


_JOINERS = "\u200c\u200d"  # inside a word they are part of how it is written


def without_invisible(text: str) -> str:
    """Without what nobody sees and a copy brings along: byte order marks, zero-width spaces, soft hyphens, signs of direction."""
    seen = (letter for letter in text.strip(_JOINERS) if letter in _JOINERS or unicodedata.category(letter) != "Cf")
    return "".join(seen)


def is_number(text: str) -> bool:
    """Of digits that int() takes, as a machine writes them: "²" is a digit to Python, and no number."""
    return text.isascii() and text.isdigit()


def ascii_digits(text: str) -> str:
    """The digits of any script, and signs in full width, as ASCII has them: "２０２７" and "٢٠٢٧" are 2027."""

    def plain(letter: str) -> str:
        wide = unicodedata.east_asian_width(letter) == "F"
        return unicodedata.normalize("NFKC", letter) if wide else str(unicodedata.decimal(letter, letter))

    return "".join(map(plain, text))


# Characters that show nothing: controls, separators (categories Cc and Z), halves of characters (Cs), what Unicode calls
# ignorable by default (variation selectors, fillers, zero-width and bidirectional marks), marks of annotation, blank braille.
_UNSEEN = (
    "\0-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
# The forms get the same pattern, so that "filled in" means the same in the browser. It must be one for JavaScript too.
CONTENT = re.compile(f"[^{_UNSEEN}]")


def has_content(text: str) -> bool:
    """True if a reader would see anything: characters that show nothing are no content."""
    return CONTENT.search(text) is not None


_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0")  # letters and marks that show nothing


def invisible(character: str) -> bool:
    """It shows nothing and is no blank: zero-width characters, BOM, soft hyphens, direction marks, controls."""
    hidden = unicodedata.category(character) in ("Cc", "Cf") and character not in "\t\n\r"
    return hidden or character in _FILLERS


def shown(text: str) -> str:
    """Without what nobody sees."""
    return text if text.isascii() and text.isprintable() else "".join(c for c in text if not invisible(c))


def code_point(character: str) -> str:
    """U+200B, for a message about what nobody sees."""
    return f"U+{ord(character):04X}"
