"""Whether two names, or two e-mail addresses, are one person's or one provider's: all rules of it are here.

A name too many that looks the same costs little, since somebody else does the work; one too few breaks impartiality (ISO/IEC
17024:2012, 4.3). So accents, case, order, titles, initials, legal forms and look-alikes from other scripts do not matter.
But everything that the shorter name says must be in the longer one: a surname that many have makes nobody the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product

from pipeline.email_address import Address

Word = frozenset[str]  # every form in which it may be written
Name = tuple[Word, ...]

TITLES = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "dr", "prof", "professor", "herr", "frau", "mme", "mlle",
    "madame", "monsieur", "mademoiselle", "sr", "sra", "signor", "signora", "senor", "senora", "rev", "ing", "mag",
    "dipl", "phd", "msc", "bsc", "mba",
})  # fmt: skip
MONSIEUR = "m"  # or an initial
FORMS = frozenset({
    "ltd", "limited", "gmbh", "mbh", "inc", "incorporated", "llc", "llp", "plc", "ev", "sarl", "kg", "ohg", "gbr",
    "eurl", "sasu", "corp",
})  # fmt: skip
# Names too ("Maria Sá"): they count as a legal form only if all the rest is the same.
RARE_FORMS = frozenset({
    "sa", "ag", "bv", "nv", "co", "se", "ab", "as", "oy", "sas", "srl", "spa", "ug",
})  # fmt: skip

_APOSTROPHES = re.compile("['`´‘’‛ʹʻʼʽˈ′＇]")
# Beside category Cf: what shows nothing, though it counts as a letter or a mark.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Accents and points that are often left out. The vowel signs of other scripts are none: they are half of the word.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff]")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# Mueller for Müller, Aarhus for Århus, Djordje for Đorđe. An e that ends a word is its own: Sue is not Su.
_DIGRAPHS = re.compile("(?<=[aou])e(?!$)|(?<=a)a|(?<=d)j")
_POINTS = re.compile("(?<=[aou])[\u0308\u030b]|(?<=ø)(?!\\w)", re.IGNORECASE)  # an e may stand for them: Lue for Lü
MANY = 4  # words that are joined in any order
# Letters that look like a Latin one in the usual typefaces (some of Unicode's confusables.txt); capitals by themselves.
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԚԜаеѕіјкорсухһԁԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχ",
    "ABESIJKMHOPCTYXQWaesijkopcyxhdqw" + "ABEZHIKMNOPTYXaikvopux",
)
_LATIN = re.compile("[A-Za-z]+")
_WHOLE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "YI ")  # one sign is a word, not an initial


def same(first: str | None, second: str | None) -> bool:
    """Whether two names may be the same one's. Symmetric; not transitive. An empty name is nobody's.

    - What is equal without case and compatibility forms (NFKC) is the same, whatever it is.
    - Accents, apostrophes, hyphens, order, titles and what cannot be seen do not matter; ü is ue or u, đ is dj or d, ß is ss.
    - Up to four words are the same in any order, joined or not: Xiao Ming Li and Li Xiaoming.
    - A legal form (Ltd, GmbH, e.V.) does not matter.
    - Every word of the shorter name stands for another one of the longer name: the same word, or its initial. One word in
      full must be among them, unless there are no more words in either. So a first name alone is everybody's of that name.
    - A word in which scripts are mixed, or that can be read as Latin, is also what it looks like in Latin letters.
    """
    if not (first or "").strip() or not (second or "").strip():
        return False
    if _plain(first or "") == _plain(second or ""):
        return True
    ours, theirs = list(_names(first or "")), list(_names(second or ""))
    return any(_alike(one, other) for one in ours for other in theirs)


def same_address(first: str | None, second: str | None) -> bool:
    """Without case, and without what stands between + and @. What no letter can be sent to is compared as it stands."""

    def bare(address: str | None) -> str:
        known = Address.parse(address or "")
        name, _at, host = str(known or address or "").strip().casefold().rpartition("@")
        return f"{name.partition('+')[0]}@{host}" if name else ""

    return bool(bare(first)) and bare(first) == bare(second)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _names(text: str) -> Iterator[Name]:
    """What a text may stand for: with hyphens as spaces or as nothing, ü as u or ue, "M." as a title or an initial."""
    spelled = "".join(letter for letter in text if unicodedata.category(letter) != "Cf" or letter.isspace())
    spelled = _INVISIBLE.sub("", _APOSTROPHES.sub("", spelled))
    marked = unicodedata.normalize("NFKD", spelled)
    for with_marks, hyphen in product(dict.fromkeys((marked, _POINTS.sub("e", marked))), (" ", "")):
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFC", _ACCENTS.sub("", with_marks)))
        letters = (
            hyphen if unicodedata.category(letter) == "Pd" else letter if _counts(letter) else " " for letter in plain
        )
        words = _without_extras([_word(word) for word in "".join(letters).split()])
        if words:
            yield words
        if len(words) > 1 and MONSIEUR in words[0]:
            yield words[1:]


def _counts(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"


def _word(text: str) -> Word:
    seen = text.translate(_LOOK_ALIKES)
    read_so = seen != text and (_LATIN.fullmatch(seen) or _LATIN.search(text))
    return frozenset(_folded(form) for form in ((text, seen) if read_so else (text,)))


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFC", word.casefold()).translate(_LETTERS)
    short = plain
    while (less := _DIGRAPHS.sub("", short)) != short:  # so that to fold it again changes nothing
        short = less
    return short if len(short) > 1 else plain


def _without_extras(words: list[Word]) -> Name:
    """Without titles, and without a legal form at the end; but something always stays."""
    kept = [word for word in words if not word & TITLES] or words
    while len(kept) > 1 and (end := _form(kept, FORMS)):
        kept = kept[:-end]
    return tuple(kept)


def _form(words: Sequence[Word], forms: frozenset[str]) -> int:
    """How many words at the end are a legal form: 1 for "Ltd", 2 for "e.V."; 0 if there is none, or nothing else."""
    for many in range(1, min(len(words), 5)):
        end = [min(word) for word in words[-many:]]
        if "".join(end) in forms and (many == 1 or all(len(word) == 1 for word in end)):
            return many
    return 0


def _alike(one: Name, other: Name) -> bool:
    if _joined_alike(one, other) or _stands_for(one, other):
        return True
    ours, theirs = (name[: len(name) - _form(name, RARE_FORMS)] for name in (one, other))
    return (ours, theirs) != (one, other) and len(ours) == len(theirs) and _matched(ours, theirs, _equal)


def _joined_alike(one: Name, other: Name) -> bool:
    ours, theirs = _joined(one), _joined(other)
    if len(one) != len(other):  # what ended a word is now within one
        ours, theirs = ({_folded(text) for text in joined} for joined in (ours, theirs))
    return bool(ours & theirs)


def _joined(name: Name) -> set[str]:
    words = [min(word) for word in name]
    return {"".join(order) for order in (permutations(words) if len(words) <= MANY else [words])}


def _stands_for(one: Name, other: Name) -> bool:
    short, long = sorted((one, other), key=len)
    matched = _matched(short, long, _fits)
    in_full = len(one) == len(other) > 1 or any(
        _equal(word, another) and not _is_initial(word) for word in one for another in other
    )
    return matched and in_full


def _equal(word: Word, other: Word) -> bool:
    return bool(word & other)


def _fits(word: Word, other: Word) -> bool:
    return _equal(word, other) or _begins(word, other) or _begins(other, word)


def _begins(initial: Word, word: Word) -> bool:
    return _is_initial(initial) and any(long.startswith(short) for short in initial for long in word)


def _is_initial(word: Word) -> bool:
    """One letter, with its marks, of a script in which letters are not words."""
    text = min(word)
    first = text[0]
    rest = all(unicodedata.category(mark)[0] == "M" for mark in text[1:])
    return first.isalpha() and rest and not unicodedata.name(first, "").startswith(_WHOLE)


def _matched(short: Name, long: Name, fit: Callable[[Word, Word], bool]) -> bool:
    """Whether each word of the one can be given another word of the other (a matching by augmenting paths)."""
    given: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        for target, word in enumerate(long):
            if target not in tried and fit(short[index], word):
                tried.add(target)
                if target not in given or place(given[target], tried):
                    given[target] = index
                    return True
        return False

    return all(place(index, set()) for index in range(len(short)))
