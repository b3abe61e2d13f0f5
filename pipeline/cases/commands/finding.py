"""/finding: how a statement stands, by relevance, authorship and mastery. Many lines a comment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.cases import verdicts
from pipeline.cases.command import Call, Command, plain, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.reasons import MAX, Place
from pipeline.cases.state import MET, NOT_MET
from pipeline.i18n import _

USAGE = "/finding STATEMENT|UNIT|all [CRITERION] met|not-met [except STATEMENT [CRITERION] …] [because REASON]"
BECAUSE = "because"
# Only what looks like this is said again: replies stay for good.
ID = re.compile(r"[A-Za-z]{1,3}[0-9]{1,3}(\.[0-9]{1,3})?")
_NOT_MET = re.compile(r"\bnot[ _]met\b")
VERDICTS = {"met": MET, "not-met": NOT_MET}


def read(work: Work, call: Call) -> Act | Refusal:
    """Later lines go over earlier ones. Nothing is recorded of a comment in which one line is wrong."""
    judged: dict[Place, str] = {}
    why: dict[Place, str] = {}
    for line in (call, *call.more):
        words, reason = _parted(line.words)
        found = _line(work, words)
        if isinstance(found, Refusal):
            return found
        asked = _explained(work, found)
        if reason is not None and (refusal := _refused(reason, asked)):
            return refusal
        judged.update(found)
        why = {place: words for place, words in why.items() if place not in found}
        why |= dict.fromkeys(asked, reason) if reason else {}
    return verdicts.act(work, judged, why)


def _explained(work: Work, found: Mapping[Place, str]) -> list[Place]:
    """What a reason on this line is about: what is not met; without such, what is met though nothing shows it."""
    bad = [place for place, verdict in found.items() if verdict == NOT_MET]
    return bad or [place for place in found if place[0] in work.unshown]


def _parted(words: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """What comes before `because`, as commands know it, and the reason after it as it was typed; None without one."""
    at = next((at for at, word in enumerate(words) if plain((word,)) == (BECAUSE,)), None)
    return (plain(words), None) if at is None else (plain(words[:at]), " ".join(words[at + 1 :]))


def _refused(reason: str, asked: list[Place]) -> Refusal | None:
    if not reason:
        return wrong(USAGE)
    if not asked:
        words = _("A reason is for what is not met, or met without evidence; leave out “because” and what follows.")
        return Refusal(_("reasons"), words)
    if len(reason) > MAX:
        words = _("Write a reason in {limit} characters or fewer (now {number}).")
        return Refusal(_("reasons"), words.format(limit=MAX, number=len(reason)))
    return None


def _line(work: Work, words: tuple[str, ...]) -> dict[Place, str] | Refusal:
    words = _spelled(work, words)
    said = [index for index, word in enumerate(words) if word in VERDICTS]
    if len(said) != 1 or said[0] == 0:
        return wrong(USAGE)
    at = said[0]
    verdict, rest = VERDICTS[words[at]], words[at + 1 :]
    marked = _listed(work, words[:at])
    if isinstance(marked, Refusal):
        return marked
    judged = dict.fromkeys(marked, verdict)
    if rest:
        if rest[0] != "except" or len(rest) < 2:
            return wrong(USAGE)
        opposite = NOT_MET if verdict == MET else MET
        exceptions = _listed(work, rest[1:])
        if isinstance(exceptions, Refusal):
            return exceptions
        judged.update(dict.fromkeys(exceptions, opposite))
    return judged


def _spelled(work: Work, words: tuple[str, ...]) -> tuple[str, ...]:
    """Verdicts and criteria as this command writes them: tables and lists say "✗ not met" and "Mastery"."""
    text = _NOT_MET.sub("not-met", f" {' '.join(words)} ")
    for criterion in work.criteria:
        text = text.replace(f" {' '.join(plain((criterion.title,)))} ", f" {criterion.id} ")
    return tuple(word for word in text.split() if word not in ("✓", "✗", "·"))


def _listed(work: Work, words: tuple[str, ...]) -> list[Place] | Refusal:
    """ "c3.4 mastery c5.1": each a statement, a unit or all, and after it perhaps one criterion."""
    criteria = {criterion.id for criterion in work.criteria}
    found: list[Place] = []
    groups: list[list[str]] = []
    for word in words:
        follows = bool(groups) and len(groups[-1]) == 1
        if follows and (word in criteria or not (ID.fullmatch(word) or _statements(work, word))):
            groups[-1].append(word)
        else:
            groups.append([word])
    for group in groups:
        places = _places(work, tuple(group))
        if isinstance(places, Refusal):
            return places
        found += places
    return found


def _statements(work: Work, what: str) -> list[str]:
    return [
        statement
        for statement, rule in work.asked.items()
        if what in ("all", statement.lower(), rule["x-unit"].lower())
    ]


def _places(work: Work, words: tuple[str, ...]) -> list[Place] | Refusal:
    """(statement, criterion) of a statement, a unit or all, by one criterion or by each."""
    what, criteria = words[0], [criterion.id for criterion in work.criteria]
    statements = _statements(work, what)
    if not statements:
        words_ = _("{what} is no statement or unit of this portfolio.").format(what=what.upper())
        if not ID.fullmatch(what):
            words_ = _("A word of it is no statement or unit of this portfolio.")
        return Refusal(_("statements of this profile"), words_)
    if len(words) == 2:
        if words[1] not in criteria:
            said = _("Name each statement by itself, and use only these criteria: {known}.").format(
                known=", ".join(criteria)
            )
            return Refusal(_("criteria of this profile"), said)
        criteria = [words[1]]
    return [(statement, criterion) for statement in statements for criterion in criteria]


COMMAND = Command(
    "finding",
    USAGE,
    "/finding all met except C3.4 mastery because the evidence speaks of a course only",
    lambda: _("records how statements stand; further /finding lines may follow directly"),
    read,
    labels=lambda: {"": _("Record findings")},
)
