"""Text of strangers as Markdown that shows it letter by letter: no mark-up, mention, link, command or hidden character."""

from __future__ import annotations

import re
import unicodedata

_PUNCTUATION = re.compile(r"([!-/:-?\[-`{-~])")  # ASCII punctuation without @ (CommonMark 0.31, 2.4)


def escaped(text: str) -> str:
    """One line: every mark escaped, line ends as spaces, controls and bidirectional marks written out as U+XXXX."""
    return _letters(text.replace("\n", " "))


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
    visible = _visible(text.replace("\n", " "))
    longest = max((len(run) for run in re.findall("`+", visible)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {visible} {fence}" if visible.strip() else fence + "\u00a0" + fence


def cell(text: str) -> str:
    """A table cell: a code span would still be cut at a bar, so bars are escaped."""
    return escaped(text)


def _letters(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", _visible(text)).replace("@", "<span>@</span>")


def _visible(text: str) -> str:
    if text.isprintable():  # nothing of the kind: nearly every text
        return text
    return "".join(f"[U+{ord(c):04X}]" if _hidden(c) else c for c in text)


def _hidden(character: str) -> bool:
    """Control and format characters; what scripts and emoji need stays: joiners, direction marks, soft hyphens."""
    plain = "\u200c\u200d\u200e\u200f\u00ad"
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and character not in plain
