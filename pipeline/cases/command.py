"""What a command is: its words, its help, its button; and the call of one, as somebody wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _, shown

_OPTIONAL = re.compile(r"\[[^\]]*\]")
_OWN_WORDS = re.compile(r"[A-Z…,]")
_MARKS = re.compile(r"[`*\\\"'“”‘’„«»()\[\]]")  # of Markdown and of quotations
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe63\uff0d]")
_BETWEEN = re.compile(r"[.:!]*(?:[,;…\s]+|$)")  # what parts the words of a list, or ends a sentence


@dataclass(frozen=True)
class Call:
    """`words` after the command's name on its line; `more` are further lines, each with its own name and words.

    The name is in small letters, however it was typed; words are as they were typed, for a reason is among them.
    `quoted`: the numbers of lines above it that look like commands, and were not read.
    """

    name: str
    words: tuple[str, ...]
    more: tuple[Call, ...] = ()
    quoted: tuple[int, ...] = ()

    @property
    def plain(self) -> tuple[str, ...]:
        """The words as commands know them, whatever a list, a sentence or Markdown put around them: "`C1.1`," → c1.1."""
        return plain(self.words)


@dataclass(frozen=True)
class Ask:
    """The one field of a form for what somebody has to say with a command.

    `kind`: a day and a time; one of the people to whom it can be given; or words that are typed. `offered`: whether
    there is anything to say in this case.
    """

    kind: Literal["moment", "person", "words"]
    label: Callable[[], str]
    hint: Callable[[], str] = str
    offered: Callable[[Work], bool] = lambda _work: True


@dataclass(frozen=True)
class Command:
    """`read` says what the words mean. Who may, and from which states, stands in the process table.

    `text`: what it does, in a sentence; `usage`: its form; `example`: one that works;
    `{prefix}` in it stands for the body's own. `labels`: from the outcome (grant, decline, held, missed; "" for one
    without) to the words on its button; without them a button says the command. `ask`: the field of its form.
    """

    name: str
    usage: str
    example: str
    text: Callable[[], str]
    read: Callable[[Work, Call], Act | Refusal]
    labels: Callable[[], Mapping[str, str]] = dict
    ask: Ask | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """Everything that can be said with it, word for word; () where somebody has to write words of their own."""
        plain = _OPTIONAL.sub("", self.usage).strip()
        if _OWN_WORDS.search(plain):
            return ()
        first, *parts = [word.split("|") for word in plain.split()]
        return tuple(" ".join(words) for words in product(first, *parts))

    def label(self, said: str) -> str:
        """The words on the button that says this."""
        known = self.labels()
        outcome = next((word for word in said.split()[1:] if word in known), "")
        return known.get(outcome, said)

    def example_of(self, prefix: str) -> str:
        """With the references of a body."""
        return self.example.replace("{prefix}", prefix)


def how() -> str:
    """Where commands stand in a comment, and what else may stand there (comment.py)."""
    return _(
        "A command comes first in its comment, at the very beginning of its line, with nothing before the slash. What you "
        "quote may stand above it, with an empty line after the quotation. Either everything in a comment is done or "
        "nothing: a line that looks like a command but is not read as one is named with its number. To talk about a "
        "command, name it within a sentence."
    )


def plain(words: Iterable[str]) -> tuple[str, ...]:
    """Words in small letters, without what lists and sentences have around them: everything shown here reads back."""
    text = _DASHES.sub("-", _MARKS.sub("", shown(" ".join(words)))).lower()
    return tuple(word for word in _BETWEEN.split(text) if word and word not in ("and", "&", _("and")))


def wrong(command_usage: str) -> Refusal:
    return Refusal(_("the form of the command"), _("Write it like this: {usage}").format(usage=command_usage))
