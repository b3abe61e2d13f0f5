"""The verification meeting's sheet of one case: what is to be asked, beside what was answered and found (meeting.md).

The applicant's texts stay in the portfolio. It is written with each command in the meeting's turn, for paper and for reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.cases import reasons
from pipeline.cases.context import Work
from pipeline.cases.events import Case, Event
from pipeline.cases.reasons import Place
from pipeline.cases.state import NOT_MET, Standing, has_meeting
from pipeline.data.model import Criterion, Data
from pipeline.durable import write
from pipeline.forms import json_schema
from pipeline.i18n import _
from pipeline.submissions.document import answer_word, file_name
from pipeline.submissions.markdown import code, escaped, quoted

FILE = "meeting.md"
LINES = ("", "---", "") * 3  # room to write on


def sheet_of(data: Data, case: Case, here: Standing) -> Event | None:
    """The portfolio whose folder has the sheet, while it is the turn of whoever holds the meeting; else None."""
    profile, event = data.profile(case.about), case.current(json_schema.PORTFOLIO)
    turn = bool(data.process.of_command("meeting", here.state.id))
    if not turn or profile is None or not has_meeting(profile) or event is None or case.forgotten(event):
        return None
    return event


def keep(work: Work) -> None:
    """Write the sheet of a case that has come to its meeting, or take its place; of another, nothing."""
    event = sheet_of(work.judge.data, work.case, work.standing)
    if event:
        text = "\n".join(_lines(work, event)) + "\n"
        write(work.store.private(work.case.reference, str(event.data["digest"])) / FILE, text.encode())


@dataclass(frozen=True)
class _Found:
    """What a sheet says of statements: `answers` and `verdicts` from the events, `why` from beside them."""

    answers: Mapping[str, str]
    verdicts: Mapping[Place, str]
    why: Mapping[Place, str]
    criteria: tuple[Criterion, ...]

    def lines(self, statement: str, rule: Mapping[str, Any]) -> Iterator[str]:
        answer = self.answers.get(statement, "not_yet")
        bad = [one for one in self.criteria if self.verdicts.get((statement, one.id)) == NOT_MET]
        words = escaped(answer_word(answer))
        if bad:
            words += " · ✗ " + _("not met") + ": " + escaped(", ".join(one.title for one in bad))
        yield from (f"☐ **{escaped(statement)}** {escaped(rule['x-question'])} ({words})", "")
        for one in self.criteria:
            if reason := self.why.get((statement, one.id)):
                yield from (quoted(reason), "")


def _lines(work: Work, event: Event) -> Iterator[str]:
    here, profile = work.standing, work.profile
    yield "# " + escaped(_("Sheet for the verification meeting"))
    yield ""
    yield from (f"| {name} | {value} |" for name, value in _head(work, event))
    yield ""
    yield from (
        f"- {escaped(line)}"
        for line in (
            _("You did not audit this case, did not train this person and are not close to them."),
            _(
                "Read the portfolio and the findings first. Choose the statements that you want to talk about, from every "
                "unit at least one."
            ),
            _(
                "Ask for what is not in the portfolio: how it came to be, what was difficult, what the person would do "
                "differently."
            ),
            _("Write no mentee's name down."),
        )
    )
    schema = work.store.schema(str(event.data["schema"]))
    asked: Mapping[str, Any] = schema["properties"]["answers"]["properties"]
    own = {unit.id for unit in profile.units} if profile else set()
    why = reasons.of(work.store, work.case, here)
    found = _Found(event.data["answers"], here.findings, why, work.criteria)
    for unit in sorted(dict.fromkeys(rule["x-unit"] for rule in asked.values()), key=lambda unit: unit not in own):
        yield from _unit({name: rule for name, rule in asked.items() if rule["x-unit"] == unit}, found)
    yield from ("", "## " + escaped(_("After the meeting")), "")
    for words in (
        _("It was held."),
        _("The applicant did not come."),
        _("The portfolio is this person's own work, as far as I can see."),
        _("I have doubts, and I say which:"),
    ):
        yield from (f"☐ {escaped(words)}", "")
    yield from LINES


def _head(work: Work, event: Event) -> Iterator[tuple[str, str]]:
    here, profile = work.standing, work.profile
    yield "", ""
    yield "---", "---"
    yield escaped(_("Reference")), code(work.case.reference)
    yield escaped(_("Certificate")), escaped(profile.name if profile else work.case.about)
    read = escaped(_("Read what was sent"))
    yield escaped(_("Portfolio")), f"[{read}]({file_name(str(event.data['kind']))})"
    for role in ("auditor", "verifier"):
        if login := here.claims.get(role):
            yield escaped(work.title(role)), code(login)
    yield escaped(_("Date and time")), escaped(here.moment or "") or "&nbsp;"
    yield escaped(_("How you saw that this is the person who applied")), "&nbsp;"


def _unit(asked: Mapping[str, Any], found: _Found) -> Iterator[str]:
    first = next(iter(asked.values()))
    yield from ("", f"## {escaped(first['x-unit'])} {escaped(first['x-unit-title'])}", "")
    if all(found.answers.get(statement) == "credited" for statement in asked):
        yield escaped(_("Credited by a certificate that is held: there is no need to ask again."))
        return
    for statement, rule in asked.items():
        yield from found.lines(statement, rule)
    yield from (escaped(_("What was said about it")), *LINES)
