"""A comment → a command │ nothing │ what is wrong with it. The first line decides; further /finding lines may follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from pipeline.audit.work import Act, Refusal, Work
from pipeline.text import _

LINES_MAX = 400  # lines of one comment: more than every statement by every criterion
_OPTIONAL = re.compile(r"\[[^\]]*\]")
_OWN_WORDS = re.compile(r"[A-Z…,]")
_NAME = re.compile(r"/([A-Za-z][A-Za-z-]*)(?:\s|$)")


@dataclass(frozen=True)
class Call:
    """`words` after the command's name on its line; `more` are further lines, each with its own name and words.

    The name is in small letters, however it was typed; words are as they were typed, for a reason is among them.
    """

    name: str
    words: tuple[str, ...]
    more: tuple[Call, ...] = ()

    @property
    def plain(self) -> tuple[str, ...]:
        """The words in small letters: for those that are the command's own."""
        return tuple(word.lower() for word in self.words)


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


def parse(comment: str) -> Call | Refusal | None:
    """None if it is no command at all: people may talk. Leading blank lines are not looked past."""
    lines = comment.encode("utf-8", "replace").decode().replace("\r\n", "\n").split("\n")
    first = _call(lines[0])
    if first is None:
        return None
    more: list[Call] = []
    talk = False
    for line in lines[1:]:
        following = _call(line)
        if following is None:
            talk = talk or bool(line.strip())
        elif talk:
            if following.name == "finding":
                return _lost(_("A /finding line stands after other text. Write all of them together, directly below."))
        elif not _belongs(following, first, more):
            words = _(
                "A comment is one command; only /finding lines may follow. Write /{name} in a comment of its own."
            )
            return _lost(words.format(name=following.name))
        else:
            more.append(following)
    if len(more) >= LINES_MAX:
        return _lost(_("A comment takes {number} lines; write the others in a second one.").format(number=LINES_MAX))
    return Call(first.name, first.words, tuple(more))


def _belongs(line: Call, first: Call, more: list[Call]) -> bool:
    """Below /preview stands one command, which may be many /finding lines."""
    before = [*more, first] if first.name != "preview" else more
    return not before or line.name == before[0].name == "finding"


def _lost(words: str) -> Refusal:
    return Refusal(_("one command a comment"), words)


def _call(line: str) -> Call | None:
    found = _NAME.match(line)
    return Call(found[1].lower(), tuple(line[found.end() :].split())) if found else None


def wrong(command_usage: str) -> Refusal:
    return Refusal(_("the form of the command"), _("Write it like this: {usage}").format(usage=command_usage))
