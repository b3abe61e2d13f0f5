"""A case → the auditors' issue: small, drawn from the events, without a word of the applicant's (D9)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pipeline.cases.events import AUDITING, CONTACT, Case, Event
from pipeline.cases.meeting_sheet import FILE, sheet_of
from pipeline.cases.reasons import DOCUMENT
from pipeline.cases.retention import Due
from pipeline.cases.stages import stage
from pipeline.cases.state import MET, NOT_MET, Judged, Standing, standing
from pipeline.data.model import Data, Profile
from pipeline.data.process import APPLICANT, NOBODY
from pipeline.findings import Finding
from pipeline.forms import json_schema, topics
from pipeline.i18n import _
from pipeline.natural_order import natural
from pipeline.submissions.document import answer_word, file_name
from pipeline.submissions.markdown import code, escaped, whole

MAX_BODY = 60_000  # GitHub takes 65,536 characters (reported); the rest is room for its own counting
MAX_TITLE = 200
FINDINGS, RETENTION = "<!-- intake findings -->", "<!-- retention due -->"  # markers of the standing issues
_MARKER = re.compile(r"<!-- case (\S+) (\S+) -->")
BLOCKS = 10  # characters of a unit's chart
_of_data = lru_cache(maxsize=4096)(escaped)  # for the body's own words, which are the same in every issue


@dataclass(frozen=True)
class Issue:
    """`marker` is line 1 of the body: by it, and the first label, an issue is found again."""

    title: str
    labels: tuple[str, ...]
    marker: str
    body: str
    open: bool = True

    @property
    def digest(self) -> str:
        """Says whether what stands there is what should: SHA-256 of all of it, in hex."""
        return hashlib.sha256(repr((self.title, self.labels, self.body, self.open)).encode()).hexdigest()


@dataclass(frozen=True)
class Drawing:
    """What an issue is drawn from beside its case: the schema it was judged by, and where its files can be read.

    `folder` is the address of the case's private files and ends in /; `name` the applicant's, if the body wants names.
    """

    data: Data
    schema: Mapping[str, Any]
    folder: str
    name: str | None = None


def draw(drawing: Drawing, case: Case, event: Event) -> Issue:
    """The issue of one delivery: a self-assessment, a portfolio or a contact message."""
    labels = drawing.data.organization.labels
    kind, about = str(event.data["kind"]), str(event.data["about"])
    profile = drawing.data.profile(about)
    here = stage(drawing.data, case)
    title = f"{case.reference} · {kind_word(drawing.data, kind, about)}"
    names = [labels.submission, f"{labels.stage}: {here.id}"]
    if profile:
        title += f" · {profile.name}"
        names += [f"{labels.certificate}: {profile.id}", f"{labels.path}: {profile.path_name}"]
    marker = marker_of(case.reference, kind)
    head = [marker, *_head(drawing, case, event, profile)]
    message = case.opening.type == CONTACT
    known = None if message else standing(drawing.data, case)
    judged = _judged(drawing, known) if known and kind == json_schema.PORTFOLIO else {}
    labels_ = tuple(name[:50] for name in names)
    body = _body(drawing, head, event, judged)
    waits = here.awaited != NOBODY if known is None else known.state.open
    return Issue(title[:MAX_TITLE], labels_, marker, body, open=waits)


def marker_of(reference: str, kind: str) -> str:
    return f"<!-- case {reference} {kind} -->"


def case_of(marker: str) -> tuple[str, str] | None:
    """(reference, kind) of the issue with this marker; None if it is no case's."""
    found = _MARKER.fullmatch(marker)
    return (found[1], found[2]) if found else None


def pointer(marker: str, label: str, number: int) -> Issue:
    """What becomes of an issue that is there twice: closed, and leading to the one with this number."""
    words = _("This issue is there twice. Go on here:")
    return Issue(f"{words} #{number}", (label,), marker, f"{marker}\n{escaped(words)} #{number}\n", open=False)


def awaited_name(data: Data, role: str) -> str:
    """Whose turn it is, in a word."""
    return {APPLICANT: _("The applicant"), NOBODY: _("Nobody")}.get(role) or data.organization.role(role).name


def kind_word(data: Data, kind: str, about: str) -> str:
    """What kind of thing was sent, in a few words."""
    if kind == json_schema.CONTACT:
        return topics.title(data, about) if about in topics.every(data) else _("Message")
    return _("Portfolio") if kind == json_schema.PORTFOLIO else _("Self-assessment")


def _head(drawing: Drawing, case: Case, event: Event, profile: Profile | None) -> list[str]:
    here = stage(drawing.data, case)
    role = awaited_name(drawing.data, here.awaited)
    link = f"{drawing.folder}{str(event.data['digest'])[:16]}/{file_name(str(event.data['kind']))}"
    rows = [(_("Reference"), code(case.reference)), (_("Received"), escaped(event.received[:10]))]
    if profile:
        of = ", ".join(escaped(str(word)) for word in (profile.path_name, event.data.get("version")) if word)
        rows.insert(1, (_("Certificate"), f"{escaped(profile.name)} ({of})"))
    rows.append((_("Stage"), escaped(here.title)))
    if case.opening.type != CONTACT:
        known = standing(drawing.data, case)
        rows += _noted(drawing.data, case, known)
        if sheet := sheet_of(drawing.data, case, known):
            words, address = escaped(_("Meeting sheet")), f"{drawing.folder}{str(sheet.data['digest'])[:16]}/{FILE}"
            rows.append((_("For the meeting"), f"[{words}]({address})"))
    if event.data.get("belongs_to"):
        rows.append((_("Says that it belongs to"), code(event.data["belongs_to"])))
    if event.data.get("held"):
        names = [inner.name for held in event.data["held"] if (inner := drawing.data.profile(held))]
        rows.append((_("Holds, to be confirmed"), escaped(", ".join(names))))
    if drawing.name:
        rows.append((_("Name"), escaped(drawing.name)))
    table = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    revised = (
        [_("This replaces what was sent before; the earlier text stays in the case.")]
        if event.type == "revised"
        else []
    )
    words = escaped(_("Read what was sent"))
    sent = f"[{words}]({link})"
    if case.forgotten(event):
        sent = escaped(_("What was sent has been removed. What was done with it stays."))
    todo = escaped(here.todo) if here.awaited == NOBODY else _next(role, here.todo)
    return [*table, "", *revised, todo, "", sent]


def _noted(data: Data, case: Case, here: Standing) -> Iterator[tuple[str, str]]:
    """What whoever comes next has to know of those before: ids, words of the commands and moments, nothing of prose."""
    if here.due:
        yield _("Due"), escaped(here.due.date().isoformat())
    if here.moment:
        yield _("Arranged for"), escaped(here.moment)
    if here.pause:
        yield _("Paused since"), escaped(here.pause.date().isoformat())
    for role, given in here.assigned.items():
        if given != here.claims.get(role):
            yield _("Assigned to"), f"{code(given)} ({escaped(data.organization.role(role).name)})"
    for role in ("auditor", "verifier"):
        if login := here.claims.get(role):
            yield escaped(data.organization.role(role).name), code(login)
    held = [event.at[:10] for event in case.events if event.type == "meeting_held"]
    if held:
        yield _("Meeting held"), escaped(held[-1])
    requested = [event.data["statements"] for event in case.events if event.type == "evidence_requested"]
    if requested:
        yield _("More evidence was requested for"), escaped(", ".join(requested[-1]))
    changed = case.current(json_schema.PORTFOLIO)
    if changed and changed.data.get("changed") and any(event.type == AUDITING for event in case.events):
        yield _("Changed since it was last sent, so to be judged anew"), escaped(", ".join(changed.data["changed"]))
    if here.recommendation:
        words = {"grant": _("grant the certificate"), "decline": _("decline the certificate")}
        yield _("Recommendation"), escaped(words.get(here.recommendation, here.recommendation))


def _next(role: str, todo: str) -> str:
    return "**" + _("Next:") + f"** {escaped(role)}. {escaped(todo)}"


def _body(drawing: Drawing, head: list[str], event: Event, judged: Judged) -> str:
    """With the statements' texts; without them if that would be too long; and in the last case coverage alone."""
    answers: Mapping[str, str] = event.data.get("answers", {})
    if not answers:
        return "\n".join(head) + "\n"
    asked = drawing.schema["properties"]["answers"]["properties"]
    coverage = ["### " + _("Coverage by unit"), "", *_coverage(asked, answers)]
    for texts in (True, False):
        table = ["### " + _("Statements"), "", *_statements(asked, answers, judged, texts)]
        body = "\n".join([*head, "", *coverage, "", *table]) + "\n"
        if len(body) <= MAX_BODY:
            return body
    return "\n".join([*head, "", *coverage]) + "\n"


def _coverage(asked: Mapping[str, Any], answers: Mapping[str, str]) -> list[str]:
    words = [_("Unit"), _("Coverage"), *(answer_word(word) for word in ("yes", "partly", "not_yet", "credited"))]
    lines = [f"| {' | '.join(words)} |", "|---|---|--:|--:|--:|--:|"]
    units: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for statement, rule in asked.items():
        units.setdefault(rule["x-unit"], []).append(answers.get(statement, "not_yet"))
        titles[rule["x-unit"]] = f"{rule['x-unit']} {rule['x-unit-title']}"
    for unit, given in units.items():
        counts = [given.count(word) for word in ("yes", "partly", "not_yet", "credited")]
        lines.append(f"| {_of_data(titles[unit])} | {chart(counts)} | {' | '.join(map(str, counts))} |")
    return lines


def chart(counts: list[int]) -> str:
    """Ten blocks: shown (yes, credited) full, partly half, the rest light."""
    total = sum(counts) or 1
    full = (counts[0] + counts[3]) * BLOCKS // total
    half = (counts[0] + counts[3] + counts[1]) * BLOCKS // total - full
    return "█" * full + "▒" * half + "░" * (BLOCKS - full - half)


def _statements(asked: Mapping[str, Any], answers: Mapping[str, str], judged: Judged, texts: bool) -> list[str]:
    head = [_("Statement"), _("Answer"), _("Relevance"), _("Authorship"), _("Mastery")]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|---|"]
    words = {answer: _of_data(answer_word(answer)) for answer in {"not_yet", *answers.values()}}
    for statement, rule in asked.items():
        text = f" {_of_data(rule['x-question'])}" if texts else ""
        marks = [judged.get((statement, criterion), "·") for criterion in ("relevance", "authorship", "mastery")]
        answer = words[answers.get(statement, "not_yet")]
        lines.append(f"| **{_of_data(statement)}**{text} | {answer} | {' | '.join(marks)} |")
    return lines


def _judged(drawing: Drawing, here: Standing) -> Judged:
    """In a word and a sign: signs alone are not read aloud. Where there is a reason, a link to it: its words stay in the case."""
    marks = {MET: "✓ " + _("met"), NOT_MET: "✗ " + _("not met")}
    why = escaped(_("why"))
    links = {place: f" [{why}]({drawing.folder}{digest[:16]}/{DOCUMENT})" for place, digest in here.reasons.items()}
    return {place: marks[verdict] + links.get(place, "") for place, verdict in here.findings.items()}


def retention(data: Data, entries: Sequence[Due]) -> Issue:
    """The one issue that lists what has been kept long enough, for the Intake Manager: references or files' names (D10)."""
    role = data.organization.role("intake_manager").name
    lines = [RETENTION, escaped(_("What has been kept longer than it should be.")), ""]
    if entries:
        todo = _("See that nothing of it is needed any more, then run for each:")
        lines += [f"{_next(role, todo)} {code('python -m pipeline forget')}", ""]
    until = escaped(_("until"))
    by_hand = " " + escaped(_("It has no reference: remove the file."))
    lines += [
        f"- {code(entry.reference)}: {until} {entry.until}{by_hand if '/' in entry.reference else ''}"
        for entry in entries
    ]
    if not entries:
        lines.append(escaped(_("None is waiting.")))
    body = whole(lines, MAX_BODY)
    labels = (data.organization.labels.intake_findings,)
    return Issue(_("What has been kept long enough"), labels, RETENTION, body + "\n")


def rolling(
    data: Data, rejected: Mapping[str, list[Finding]], refused: Mapping[str, str] = MappingProxyType({})
) -> Issue:
    """The one issue that lists every delivery nobody could take in, and what GitHub refuses (→ its reason).

    For the Intake Manager.
    """
    role = data.organization.role("intake_manager").name
    title = _("What the intake could not do") if refused else _("Deliveries that could not be taken in")
    lines = [FINDINGS]
    if refused:
        lines += [escaped(_("GitHub refuses something of these. Everything else goes on.")), ""]
        lines += [_next(role, _("Mend the cause. Each is tried again by itself, at least once a day.")), ""]
        lines += [*(f"- {code(what)}: {escaped(why)}" for what, why in sorted(refused.items())), ""]
    if rejected or not refused:
        lines += [escaped(_("Deliveries that could not be taken in. They lie in rejected/.")), ""]
        lines += [_next(role, _("Mend the file and move it back to inbox/.")), ""]
    for name, findings in sorted(rejected.items(), key=lambda entry: natural(entry[0])):
        lines += [
            f"- {code(name)}",
            *(f"  - {escaped(finding.label)}: {escaped(finding.message)}" for finding in findings[:20]),
        ]
    if not rejected and not refused:
        lines.append(escaped(_("None is waiting.")))
    body = whole(lines, MAX_BODY)
    return Issue(title, (data.organization.labels.intake_findings,), FINDINGS, body + "\n")
