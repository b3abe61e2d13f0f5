"""A comment → the call that it makes │ nothing │ what is wrong with it: all of its commands are done, or none.

A command stands at the very beginning of a line, and the first line that is neither empty nor quoted decides. Below it
may stand the lines that belong to it, then talk. Any other line that is a command, or looks like one, is named.
A quotation with an empty line after it may come first, as GitHub writes it under "Quote reply".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pipeline.cases.command import Call
from pipeline.cases.commands import EVERY, preview
from pipeline.cases.context import Refusal
from pipeline.i18n import _, code_point, invisible, normalised, shown

LINES_MAX = 400  # lines of one comment: more than every statement by every criterion
NAMES = tuple(command.name for command in EVERY)
_NAME = re.compile(r"/([A-Za-z][A-Za-z-]*)[.,;:!]*(?:\s|$)")
# Before a command these make it none: blanks, quotation marks, list marks, code marks, emphasis, brackets.
_BEFORE = r"""(?:[\s\u2800\ufe00-\ufe0f>*+\-•–—·`_~"'“”‘’«»(\[|\\]|\[[ xX]\]|[0-9]{1,3}[.)])*"""
_LOOKS = re.compile(rf"(?P<before>{_BEFORE})(?P<slash>[/／⁄∕⧸╱])(?P<gap>\s*)(?P<name>[A-Za-z][A-Za-z-]*)(?=\s|[\W_]*$)")
# Below a command more is taken for one: any sign, mark of HTML or letter of a list before it, marks around its name.
_NEAR = re.compile(r"(?:[^\w/<]|_|<[^<>]*>|[A-Za-z0-9]{1,3}[.)])*+/(?P<name>[A-Za-z][A-Za-z-]*)(?=[\W_]*(?:\s|$))")
_SLASHLESS = re.compile(r"finding\s+[A-Za-z]{1,3}[0-9]{1,3}(\.[0-9]{1,3})?\W.*\bmet\b", re.IGNORECASE)
_ENDS = re.compile("[\n\x0b\x0c\x85\u2028\u2029]")  # of lines: all that a paste brings along
_FENCE = re.compile(r" {0,3}(```|~~~)")
_QUOTED = re.compile(r"\s{0,3}>")


def _beginning() -> str:
    return _("a command stands at the very beginning of its line")


@dataclass(frozen=True)
class _Line:
    """`number` counts from 1. `call`: what it says if it is a command. `looks`: why it only looks like one, or "".

    `below`: the same where a command stands above it; then a person hardly talks about one.
    """

    number: int
    text: str
    call: Call | None
    looks: str
    below: str

    @property
    def quoted(self) -> bool:
        return bool(_QUOTED.match(self.text))

    @property
    def empty(self) -> bool:
        return not self.text.strip()


def parse(comment: str) -> Call | Refusal | None:
    """None if it is no command at all: people may talk."""
    every = list(_lines(comment))
    lines = _own(every)
    if not lines:
        return None
    first, *rest = lines
    if first.call:
        called = _called(first.call, rest)
        quoted = tuple(line.number for line in every[: -len(lines)] if line.looks)
        return replace(called, quoted=quoted) if isinstance(called, Call) else called
    if wrong := [_said(line) for line in _astray(lines)]:
        return Refusal(_beginning(), "\n".join(wrong))
    if first.text.startswith("/") and not first.text.startswith("//"):
        return Refusal(_("the commands"), _("This is no command. Write /help to see what can be done."))
    return None


def _lines(comment: str) -> Iterator[_Line]:
    """From the first that shows anything. Invisible characters before it are left out: clipboards bring them along."""
    lines = _ENDS.split(normalised(comment.encode("utf-8", "replace").decode()))
    start = next((number for number, line in enumerate(lines) if shown(line).strip()), len(lines))
    fence = ""
    for number, line in enumerate(lines[start:], start + 1):
        text = line.lstrip("".join(filter(invisible, line))) if number == start + 1 else line
        mark = _FENCE.match(text)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        call = _NAME.match(text) if not fence else None
        named = Call(call[1].lower(), tuple(text[call.end() :].split())) if call else None
        looks = _looks(text, bool(fence))
        yield _Line(number, text, named, looks, looks or ("" if named else _near(text)))


def _own(lines: list[_Line]) -> list[_Line]:
    """Without the quotations that come first, each with an empty line after it; all, where nothing else is there."""
    at = 0
    while at < len(lines) and lines[at].quoted:
        end = next((index for index in range(at, len(lines)) if not lines[index].quoted), len(lines))
        if end == len(lines) or not lines[end].empty:
            break
        at = next((index for index in range(end, len(lines)) if not lines[index].empty), len(lines))
    return lines[at:] or lines


def _looks(line: str, fenced: bool) -> str:
    """Why a line is no command, though it has the name of one, or nearly, after a slash."""
    found = _LOOKS.match(shown(line))
    if not found or not _known(found["name"]):
        return ""
    before, _slash, after = line.partition(found["slash"])
    hidden = next(filter(invisible, before), "")
    inside = next(filter(invisible, after.split()[0]), "")
    if fenced:
        return _("It stands in a code block.")
    if hidden:
        return _("The invisible character {name} stands before it.").format(name=code_point(hidden))
    if ">" in found["before"]:
        return _("It is quoted.")
    if found["before"].strip():
        return _("Other characters stand before it.")
    if found["before"]:
        return _("It is indented.")
    if found["slash"] != "/":
        return _("Its first character looks like a slash but is another: {name}.").format(
            name=unicodedata.name(found["slash"]).lower()
        )
    if inside:
        return _("The invisible character {name} stands in it.").format(name=code_point(inside))
    return _("There is a space after its slash.") if found["gap"] else ""


def _near(line: str) -> str:
    """Why a line below a command is none, though somebody may well have meant one."""
    if _SLASHLESS.match(line):
        return _("It has no slash.")
    found = _NEAR.match(line)
    if not found or not _known(found["name"]):
        return ""
    if line.startswith("/"):
        return _("Other characters stand after its name.")
    return _("Other characters stand before it.")


def _known(name: str) -> bool:
    """It is the name of a command, or a slip of the pen for one."""
    return bool(get_close_matches(name.lower(), NAMES, 1, 0.8))


def _astray(lines: list[_Line]) -> list[_Line]:
    """Where a command may be meant though none comes first. Talk may quote: then what is quoted is what others said."""
    calls = [line for line in lines if line.call and _known(line.call.name)]
    talk = not calls and not all(line.quoted or line.empty for line in lines)
    return [line for line in lines if line in calls or (line.looks and not (talk and line.quoted))]


def _called(first: Call, rest: list[_Line]) -> Call | Refusal:
    more: list[Call] = []
    wrong: list[str] = []
    talk = False
    for line in rest:
        if line.call is None:
            talk = talk or not line.empty
            if line.below:
                wrong.append(_said(line))
        elif talk and line.call.name == "finding":
            words = _(
                "Line {number}: a /finding line stands after other text. Write all of them directly below each other."
            )
            wrong.append(words.format(number=line.number))
        elif talk or not _belongs(line.call, first, more):
            words = _(
                "Line {number}: a comment is one command; only /finding lines may follow. Write /{name} in a comment of its own."
            )
            wrong.append(words.format(number=line.number, name=line.call.name))
        else:
            more.append(line.call)
    if len(more) >= LINES_MAX:
        wrong.append(_("A comment takes {number} lines; write the others in a second one.").format(number=LINES_MAX))
    if any(line.below for line in rest):
        return Refusal(_beginning(), "\n".join(wrong))
    return Refusal(_("one command a comment"), "\n".join(wrong)) if wrong else replace(first, more=tuple(more))


def _belongs(line: Call, first: Call, more: list[Call]) -> bool:
    """Below /preview stands one command, which may be many /finding lines."""
    before = [*more, first] if first.name != preview.NAME else more
    return not before or line.name == before[0].name == "finding"


def _said(line: _Line) -> str:
    why = line.below or _("It stands below other text; a comment begins with its command.")
    return _("Line {number} looks like a command but is not read as one. {why}").format(number=line.number, why=why)
