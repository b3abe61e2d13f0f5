"""/finding: how a statement stands, by relevance, authorship and mastery. Many lines a comment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.accept.submission import sha256
from pipeline.audit.command import Call, Command, wrong
from pipeline.audit.reasons import MAX, Place
from pipeline.audit.work import Act, Refusal, Work
from pipeline.cases.standing import MET, NOT_MET
from pipeline.text import _, ngettext

USAGE = "/finding STATEMENT|UNIT|all [CRITERION] met|not-met [except STATEMENT [CRITERION] …] [because REASON]"
BECAUSE = "because"
# Only what looks like this is said again: replies stay for good.
ID = re.compile(r"[A-Za-z]{1,3}[0-9]{1,3}(\.[0-9]{1,3})?")
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
        bad = [place for place, verdict in found.items() if verdict == NOT_MET]
        if reason is not None and (refusal := _refused(reason, bad)):
            return refusal
        judged.update(found)
        why = {place: words for place, words in why.items() if place not in found}
        why |= dict.fromkeys(bad, reason) if reason else {}
    return _act(judged, why)


def _act(judged: Mapping[Place, str], why: Mapping[Place, str]) -> Act:
    entries: list[dict[str, Any]] = [
        {"statement": statement, "criterion": criterion, "verdict": verdict}
        | ({"reason": True} if (statement, criterion) in why else {})
        for (statement, criterion), verdict in judged.items()
    ]
    bad = sum(verdict == NOT_MET for verdict in judged.values())
    number = len(entries)
    said = ngettext("{number} finding, {bad} not met.", "{number} findings, {bad} not met.", number)
    said = said.format(number=number, bad=bad)
    if not why:
        return Act(said, data={"findings": entries})
    kept = {" ".join(place): words for place, words in why.items()}
    said += " " + _("{number} with a reason.").format(number=len(why))
    return Act(said, data={"findings": entries, "reasons": sha256(kept)}, reasons=kept)


def _parted(words: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """What comes before `because`, in small letters, and the reason after it as it was typed; None without one."""
    plain = tuple(word.lower() for word in words)
    if BECAUSE not in plain:
        return plain, None
    at = plain.index(BECAUSE)
    return plain[:at], " ".join(words[at + 1 :])


def _refused(reason: str, bad: list[Place]) -> Refusal | None:
    if not reason:
        return wrong(USAGE)
    if not bad:
        return Refusal(_("reasons"), _("A reason is for what is not met; leave out “because” and what follows."))
    if len(reason) > MAX:
        words = _("Write a reason in {limit} characters or fewer (now {number}).")
        return Refusal(_("reasons"), words.format(limit=MAX, number=len(reason)))
    return None


def _line(work: Work, words: tuple[str, ...]) -> dict[Place, str] | Refusal:
    verdicts = [index for index, word in enumerate(words) if word in VERDICTS]
    if len(verdicts) != 1 or not 1 <= verdicts[0] <= 2:
        return wrong(USAGE)
    at = verdicts[0]
    verdict, rest = VERDICTS[words[at]], words[at + 1 :]
    marked = _places(work, words[:at])
    if isinstance(marked, Refusal):
        return marked
    judged = dict.fromkeys(marked, verdict)
    if rest:
        if rest[0] != "except" or len(rest) < 2:
            return wrong(USAGE)
        opposite = NOT_MET if verdict == MET else MET
        exceptions = _exceptions(work, rest[1:])
        if isinstance(exceptions, Refusal):
            return exceptions
        judged.update(dict.fromkeys(exceptions, opposite))
    return judged


def _exceptions(work: Work, words: tuple[str, ...]) -> list[Place] | Refusal:
    """ "C3.4 mastery C5.1": a statement, and after it perhaps one criterion."""
    criteria = {criterion.id for criterion in work.criteria}
    found: list[Place] = []
    groups: list[list[str]] = []
    for word in words:
        if word in criteria and groups and len(groups[-1]) == 1:
            groups[-1].append(word)
        else:
            groups.append([word])
    for group in groups:
        places = _places(work, tuple(group))
        if isinstance(places, Refusal):
            return places
        found += places
    return found


def _places(work: Work, words: tuple[str, ...]) -> list[Place] | Refusal:
    """(statement, criterion) of a statement, a unit or all, by one criterion or by each."""
    what, criteria = words[0], [criterion.id for criterion in work.criteria]
    statements = [
        statement
        for statement, rule in work.asked.items()
        if what in ("all", statement.lower(), rule["x-unit"].lower())
    ]
    if not statements:
        words_ = _("{what} is no statement or unit of this portfolio.").format(what=what.upper())
        if not ID.fullmatch(what):
            words_ = _("A word of it is no statement or unit of this portfolio.")
        return Refusal(_("statements of this profile"), words_)
    if len(words) == 2:
        if words[1] not in criteria:
            said = _("A word of it is no criterion; use {known}.").format(known=", ".join(criteria))
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
