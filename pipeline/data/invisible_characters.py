"""Characters in data/ that nobody sees: they make another value of a word, or a text that no page or Word file can hold."""

from __future__ import annotations

import re
import unicodedata

from pipeline.i18n import invisible

_SEEN = re.compile(r"[\n\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_JOINERS = "\u200c\u200d"  # part the words of some scripts, and join emoji
_DIRECTIONS = "\u200e\u200f\u061c\u2066\u2067\u2068\u2069"  # for texts from right to left
_SELECTORS = re.compile("[\ufe00-\ufe0f]")  # how the sign before them looks, of which no letter of ASCII has two
_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd"  # of Arabic; they are seen


def unseen(text: str, *, key: bool = False) -> list[str]:
    """Each of them once. A blank that is no space hides at the ends of a text; in a key, which is a name, everywhere."""
    if _SEEN.fullmatch(text):  # nearly every text
        return []
    return list(dict.fromkeys(text[at] for at in range(len(text)) if _hides(text, at, key)))


def _hides(text: str, at: int, key: bool) -> bool:
    character, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if _CONTROL.match(character):
        return True
    if character.isspace():
        return character not in " \n" and (key or not (before and after))
    if _SELECTORS.match(character):
        return not before or (before.isascii() and after != "\u20e3")  # of a key with a number
    if not invisible(character) or character in _SIGNS:
        return False
    if character in _JOINERS:
        return before.isascii() or after.isascii()  # also where there is none
    rightwards = any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)
    return not (character in _DIRECTIONS and rightwards and before and after)
