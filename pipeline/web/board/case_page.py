"""One case at the board: its issues, what can be done with it now, and the same commands as in an issue's comments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.cases import reasons
from pipeline.cases.context import Refusal, Work
from pipeline.cases.decisions import Outcome, decide, record
from pipeline.cases.events import CONTACT, EVIDENCE, PORTFOLIO, Case
from pipeline.cases.people import Person
from pipeline.cases.reasons import Place
from pipeline.cases.state import MET, NOT_MET
from pipeline.github.sync import Intake
from pipeline.i18n import _, is_number
from pipeline.web.board.actions import acts

ATTEMPTS = 5  # how often somebody else may write to the case first
NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("buttons", "forms", "written", "refused", "table", "criteria"), ()),
    **dict.fromkeys(("first", "last"), ""),
}  # to be done here
FIELD, REASON = "finding", "reason"  # names of the table's fields: finding C3.4 mastery
TABLE = "table"  # how many events the page knew that showed it


@dataclass(frozen=True)
class CaseDesk:
    """`people` as the board knows them; `intake` draws the issues and holds the records."""

    intake: Intake
    people: tuple[Person, ...]

    def work(self, case: Case, person: Person) -> Work:
        return Work(self.intake.judge, self.intake.store, self.people, case, person, datetime.now(UTC))

    def act(self, reference: str, person: Person, comment: str) -> Outcome | None:
        """Do what a comment says, on the case as it is by then; None if it is no command."""
        for _attempt in range(ATTEMPTS):
            work = self.work(self.intake.store.case(reference), person)
            outcome = decide(work, comment.strip())
            if outcome is None or outcome.event is None or record(work, outcome, said=outcome.said):
                return outcome
        return Outcome(_("Somebody else was writing to this case. Nothing was recorded; try again."))

    def shown(self, case: Case, person: Person) -> dict[str, Any]:
        """What the page of a case needs beside its issues."""
        work = self.work(case, person)
        if case.opening.type == CONTACT:
            return {**NOTHING, **acts(work)}
        return {**acts(work), "table": self._table(work), "criteria": work.criteria, "seen": len(case.events)}

    @staticmethod
    def _table(work: Work) -> list[dict[str, Any]]:
        """A part a unit, a row a statement, a cell a criterion, while this person audits it; else nothing.

        `again`: more evidence was requested for it last; `unshown`: it is met only with a reason.
        `open` are the parts with statements that more was requested for, and the first that
        is not done.
        """
        here, profile = work.standing, work.profile
        if profile is None or here.state.id != "audit" or here.claims.get("auditor") != work.person.login:
            return []
        parts, why = [], reasons.of(work.store, work.case, here)
        again = next((event.data["statements"] for event in reversed(work.case.events) if event.type == EVIDENCE), ())
        titles = {unit.id: unit.title for unit in work.judge.data.units(profile)}
        for unit in dict.fromkeys(rule["x-unit"] for rule in work.asked.values()):
            asked = {statement: rule for statement, rule in work.asked.items() if rule["x-unit"] == unit}
            cells = {
                (statement, criterion.id): {
                    "place": f"{statement} {criterion.id}",
                    "title": criterion.title,
                    "verdict": here.findings.get((statement, criterion.id)),
                    "reason": why.get((statement, criterion.id), ""),
                }
                for statement in asked
                for criterion in work.criteria
            }
            rows = [
                {
                    "id": statement,
                    "question": rule["x-question"],
                    "again": statement in again,
                    "unshown": statement in work.unshown,
                    "cells": [cells[statement, criterion.id] for criterion in work.criteria],
                }
                for statement, rule in asked.items()
            ]
            verdicts = [cell["verdict"] for cell in cells.values() if cell["verdict"] is not None]
            title = titles.get(unit, "")  # "" of one that the certificate has no more
            counts = {"done": len(verdicts), "bad": verdicts.count(NOT_MET), "total": len(cells)}
            parts.append({"id": unit, "title": title, "rows": rows, **counts})
        first = next((part for part in parts if part["done"] < part["total"]), None)
        return [{**part, "open": part is first or any(row["again"] for row in part["rows"])} for part in parts]

    def comment(self, case: Case, person: Person, form: Mapping[str, str]) -> str:
        """What a form of the page says, as it would be written: the table of findings, a command with words, or the box."""
        if form.get(TABLE):
            return self._table_comment(case, person, form)
        if form.get("command"):
            return " ".join(["/" + form["command"], *form.get("words", "").split()])
        return form.get("comment", "")

    def answer(self, case: Case, person: Person, form: Mapping[str, str]) -> Outcome:
        """Do what a form says, and what to answer: also where it says nothing, or is no command."""
        comment, table, before = self.comment(case, person, form), bool(form.get(TABLE)), _as_shown(case, form)
        kept = (
            _("A finding can be changed, but not taken back.") if table and self._emptied(before, person, form) else ""
        )
        if table and not comment:
            nothing = _("Nothing was changed.")
            return Outcome(f"{nothing}\n{kept}", (Refusal(_("findings"), kept),)) if kept else Outcome(nothing)
        if table and any(event.data.get("kind") == PORTFOLIO for event in case.events[len(before.events) :]):
            words = _(
                "The portfolio was replaced after this page was opened. What you chose stands below; look again first."
            )
            refusal = Refusal(_("findings are about what was read"), words)
            return Outcome(_("Nothing was recorded.") + f"\n{refusal}", (refusal,))
        outcome = self.act(case.reference, person, comment)
        if outcome is None:
            words = _("A command begins with a slash, and its name stands directly after it, as in /help.")
            refusal = Refusal(_("the form of the command"), words)
            return Outcome(_("Nothing was recorded.") + f"\n{refusal}", (refusal,))
        return replace(outcome, said=f"{outcome.said}\n{kept}") if kept else outcome

    def _emptied(self, case: Case, person: Person, form: Mapping[str, str]) -> bool:
        """Whether a cell of the table is empty where something is recorded."""
        recorded = self.work(case, person).standing.findings
        return any(form.get(f"{FIELD} {' '.join(place)}") == "" for place in recorded)

    def _found(self, case: Case, person: Person) -> Callable[[Place], tuple[str | None, str]]:
        """What is recorded of a place: the verdict, and why."""
        here = self.work(case, person).standing
        known = reasons.of(self.intake.store, case, here)
        return lambda place: (here.findings.get(place), known.get(place, ""))

    def _table_comment(self, case: Case, person: Person, form: Mapping[str, str]) -> str:
        """The table's fields as /finding lines: only what somebody changed in it, and is not recorded yet."""
        shown, now = (self._found(one, person) for one in (_as_shown(case, form), case))
        lines, unshown = [], self.work(case, person).unshown
        for name, verdict in form.items():
            field, _space, place = name.partition(" ")
            statement, _gap, criterion = place.partition(" ")
            if field != FIELD or verdict not in (MET, NOT_MET):
                continue
            explained = verdict == NOT_MET or statement in unshown
            why = " ".join(form.get(f"{REASON} {place}", "").split()) if explained else ""
            if (verdict, why) not in (shown((statement, criterion)), now((statement, criterion))):
                line = f"/finding {place} {'met' if verdict == MET else 'not-met'}"
                lines.append(f"{line} because {why}" if why else line)
        return "\n".join(lines)


def _as_shown(case: Case, form: Mapping[str, str]) -> Case:
    """The case as it was when the page with this form was made: others may have changed it since."""
    number = form.get(TABLE, "")
    known = int(number) if is_number(number) and len(number) < 10 else 0
    return replace(case, events=case.events[:known] if known else case.events)
