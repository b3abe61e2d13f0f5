"""What an auditor found → the act that records it, which says what it goes over and what nothing shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.cases import reasons
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.reasons import Place
from pipeline.cases.state import MET, NOT_MET
from pipeline.i18n import _, ngettext
from pipeline.submissions.submission import sha256


def act(work: Work, judged: Mapping[Place, str], why: Mapping[Place, str]) -> Act | Refusal:
    """`why`: the reasons that were given. What nothing shows is met with a reason alone, given now or before."""
    unshown = [place for place, verdict in judged.items() if verdict == MET and place[0] in work.unshown]
    before = reasons.of(work.store, work.case, work.standing) if unshown else {}
    met = {place: before[place] for place in unshown if work.standing.findings.get(place) == MET and place in before}
    why = {**met, **why}
    over = list(_overwritten(work, judged))
    if open_ := [place for place in unshown if place not in why]:
        words = _(
            "Answered “not yet” or without evidence, so a reason is needed to find them met: {ids}. Give a reason for each "
            "(in a comment: “met because …”), or find them not met."
        )
        return Refusal(
            _("met only with evidence, or a reason"), "\n".join([words.format(ids=names(work, open_)), *over])
        )
    said = [_counted(judged, why), *over]
    if unshown:
        words = _("Met by your reason, though answered “not yet” or without evidence: {ids}.")
        said.append(words.format(ids=names(work, unshown)))
    entries: list[dict[str, Any]] = [
        {"statement": statement, "criterion": criterion, "verdict": verdict}
        | ({"reason": True} if (statement, criterion) in why else {})
        for (statement, criterion), verdict in judged.items()
    ]
    kept = {" ".join(place): words for place, words in why.items()}
    data = {"findings": entries} | ({"reasons": sha256(kept)} if kept else {})
    return Act(" ".join(said), data=data, reasons=kept)


def _counted(judged: Mapping[Place, str], why: Mapping[Place, str]) -> str:
    number, bad = len(judged), sum(verdict == NOT_MET for verdict in judged.values())
    said = ngettext("{number} finding, {bad} not met.", "{number} findings, {bad} not met.", number)
    said = said.format(number=number, bad=bad)
    return said + " " + _("{number} with a reason.").format(number=len(why)) if why else said


def _overwritten(work: Work, judged: Mapping[Place, str]) -> Iterator[str]:
    """A sentence for each auditor and verdict that others go over."""
    found_by = {
        (entry["statement"], entry["criterion"]): event.by
        for event in work.case.events
        if event.type == "findings"
        for entry in event.data["findings"]
    }
    groups: dict[tuple[str, str], list[Place]] = {}
    for place, verdict in work.standing.findings.items():
        if judged.get(place, verdict) != verdict:
            groups.setdefault((verdict, found_by[place]), []).append(place)
    for (verdict, login), places in groups.items():
        words = _("This replaces “{verdict}”, which {login} found: {ids}.")
        word = _("met") if verdict == MET else _("not met")
        yield words.format(verdict=word, login=login, ids=names(work, places))


def names(work: Work, places: Iterable[Place], limit: int | None = None) -> str:
    """ "C3.4, C5.1 mastery": in the order of the portfolio, and as /finding reads it; beyond the limit "…"."""
    wanted = set(places)
    found = []
    for statement in work.asked:
        criteria = [criterion.id for criterion in work.criteria if (statement, criterion.id) in wanted]
        if len(criteria) == len(work.criteria):
            found.append(statement)
        else:
            found += [f"{statement} {criterion}" for criterion in criteria]
    return ", ".join(found[:limit]) + (" …" if found[limit or len(found) :] else "")
