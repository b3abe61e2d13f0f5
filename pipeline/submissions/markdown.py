"""Text of strangers as Markdown that shows it letter by letter: no mark-up, mention, link, command or hidden character.

GitHub reads a text twice: as Markdown (CommonMark 0.31, 2.4: a backslash before ASCII punctuation), and what that shows
once more, for mentions, references, commits, emoji, formulas and notes. A backslash is gone by then, so what would be
found there is parted by a tag that does nothing (markdown_html.py shows it the same way).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_READ_LATER = re.compile(
    r"@|\$"  # mentions, formulas
    r"|\#(?=\d)|\bgh(?=-\d)"  # issues: #1, GH-1
    r"|(?<![0-9a-z])[0-9a-f]{7,}(?![0-9a-z])"  # commits
    r"|:(?=[\w+-]+(?::|\Z))"  # emoji by name, also where a colon of ours comes after
    r"|(?<=\[)!",  # notes: [!NOTE]
    re.IGNORECASE,
)
_SHORT = 6  # hexadecimal digits: fewer than name a commit


def escaped(text: str) -> str:
    """One line: every mark escaped, line ends as spaces, controls and bidirectional marks written out as U+XXXX."""
    return _indented(_letters(text.replace("\n", " ")))


def quoted(text: str) -> str:
    """A block quote that keeps the line ends."""
    lines = [_letters(line.replace("\t", "    ")).replace("  ", "&nbsp; ") for line in text.split("\n")]
    ends = ["\\" if line and after else "" for line, after in zip(lines, [*lines[1:], ""], strict=True)]
    return "\n".join(f"> {_indented(line)}{end}" if line else ">" for line, end in zip(lines, ends, strict=True))


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return "&nbsp;" * (len(line) - len(bare)) + bare


def code(text: str) -> str:
    """A code span, for links and names: nothing in it is linked or mentioned."""
    shown = visible(text.replace("\n", " "))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}" if shown.strip() else fence + "\u00a0" + fence


def block(text: str) -> str:
    """A code block, line by line."""
    return "".join(f"    {visible(line)}\n" for line in text.split("\n"))


def whole(lines: Iterable[str], limit: int) -> str:
    """As many lines as fit into so many characters. What is cut in the middle of a mark may act again."""
    fitting: list[str] = []
    for line in lines:
        limit -= len(line) + 1
        if limit < 0:
            break
        fitting.append(line)
    return "\n".join(fitting)


def _letters(text: str) -> str:
    shown, parts, end = visible(text), [], 0
    for found in _READ_LATER.finditer(shown):
        parts += [_marked(shown[end : found.start()]), _parted(found[0])]
        end = found.end()
    return "".join([*parts, _marked(shown[end:])])


def _marked(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text)


def _parted(text: str) -> str:
    pieces = (text[start : start + _SHORT] for start in range(0, len(text), _SHORT))
    return "".join(f"<span>{_marked(piece)}</span>" for piece in pieces)


def visible(text: str) -> str:
    """Controls and bidirectional marks written out as U+XXXX."""
    if text.isprintable():  # nothing of the kind: nearly every text
        return text
    return "".join(f"[U+{ord(c):04X}]" if _hidden(c) else c for c in text)


def _hidden(character: str) -> bool:
    """Control and format characters; what scripts and emoji need stays: joiners, direction marks, soft hyphens."""
    plain = "\u200c\u200d\u200e\u200f\u00ad"
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and character not in plain
