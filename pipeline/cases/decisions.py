"""A comment or a button → one event, or a reply that says which rule stands in the way. Both ways of working end here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.cases import impartiality, meeting_sheet, reasons
from pipeline.cases.command import Call, Command
from pipeline.cases.commands import EVERY, answered, preview
from pipeline.cases.comment import parse
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.events import CONTACT, MESSAGE_ANSWERED, Case, after
from pipeline.cases.joining import join
from pipeline.cases.preconditions import NEEDS, role_of
from pipeline.cases.stages import stage
from pipeline.data.process import NOBODY, Transition
from pipeline.durable import alone
from pipeline.i18n import _
from pipeline.timestamps import stamp


@dataclass(frozen=True)
class Outcome:
    """`event` and `data` are to be appended, after `reasons` have been kept; None where nothing changes.

    `refusals` say which rules stand in the way.
    """

    said: str
    refusals: tuple[Refusal, ...] = ()
    event: str | None = None
    data: dict[str, Any] | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


def decide(work: Work, comment: str) -> Outcome | None:
    """What a comment would do; None if it is no command. Nothing is written."""
    call = parse(comment)
    if call is None:
        return None
    if isinstance(call, Refusal):
        return _refused(call)
    outcome = _called(work, call)
    if not call.quoted:
        return outcome
    unread = _("Not read, because they are quoted: lines {numbers}.").format(numbers=", ".join(map(str, call.quoted)))
    return replace(outcome, said=f"{outcome.said}\n{unread}")


def _called(work: Work, call: Call) -> Outcome:
    if work.case.opening.type == CONTACT:
        return _of_message(work, call)
    if call.name == preview.NAME and (inner := preview.would(call)):
        outcome = _of(work, inner)
        return outcome if outcome.refusals else Outcome(preview.said(inner, outcome.said))
    return _of(work, call)


def _of(work: Work, call: Call) -> Outcome:
    command = next((command for command in EVERY if command.name == call.name), None)
    if command is None:
        known = ", ".join(f"/{command.name}" for command in EVERY)
        return _refused(
            Refusal(_("the commands"), _("There is no such command. These are: {known}").format(known=known))
        )
    rows = _rows(work, command)
    if isinstance(rows, Refusal):
        return _refused(rows)
    act = command.read(work, call)
    if isinstance(act, Refusal):
        return _refused(act)
    if act.says_only:
        return Outcome(act.said)
    return _checked(work, act, rows)


def _of_message(work: Work, call: Call) -> Outcome:
    """A message is answered by e-mail; that it was is all that is recorded."""
    here = stage(work.judge.data, work.case)
    if call.name != answered.NAME:
        words = _("This is a message and no case: answer it by e-mail, then write /answered.")
        return _refused(Refusal(_("commands are for cases"), words))
    if here.awaited == NOBODY:
        return _refused(Refusal(_("the state of the case"), _("It is answered already.")))
    if here.awaited not in work.person.roles:
        words = _("/{name} is for: {roles}.").format(name=call.name, roles=work.title(here.awaited))
        return _refused(Refusal(_("your role"), words))
    act = answered.COMMAND.read(work, call)
    if isinstance(act, Refusal):
        return _refused(act)
    if mine := tuple(impartiality.own(work)):
        return _refused(*dict.fromkeys(mine))
    return Outcome(act.said, event=MESSAGE_ANSWERED, data={"role": here.awaited})


def _not_theirs(work: Work) -> Iterator[Refusal]:
    """What stands in the way of every command that changes a case."""
    yield from impartiality.own(work)
    if work.profile is None:
        words = _("“{name}” is no certificate in data/profiles any more, and this case is about it; put it back.")
        yield Refusal(_("the certificate of the case"), words.format(name=work.case.about))


def _rows(work: Work, command: Command) -> tuple[Transition, ...] | Refusal:
    """The rows of the table that this person may use from here: first the state, then the role."""
    table, here, data = work.process, work.standing.state, work.judge.data
    every = table.of_command(command.name)
    if not every:
        return ()
    rows = tuple(row for row in every if here.id in row.sources)
    if not rows:
        states = dict.fromkeys(table.state(source).title for row in every for source in row.sources)
        words = _("This case is in “{here}”; /{name} goes from: {states}.")
        said = words.format(here=stage(data, work.case).title, name=command.name, states=", ".join(states))
        return Refusal(_("the state of the case"), said)
    mine = tuple(row for row in rows if set(row.who) & set(work.person.roles))
    if not mine:
        roles = dict.fromkeys(data.organization.role(role).name for row in rows for role in row.who)
        words = _("/{name} is for: {roles}.").format(name=command.name, roles=", ".join(roles))
        return Refusal(_("your role"), words)
    return mine


def hindered(work: Work, command: Command) -> tuple[Refusal, ...] | None:
    """What stands in its way now, whatever is said with it; None where it is nobody's, or not this person's, to give."""
    rows = _rows(work, command)
    if isinstance(rows, Refusal):
        return None
    row = next((row for row in rows if row.fits(work.facts(None))), None)
    if row is None:
        return None
    asked = (NEEDS[name] for name in row.needs)
    rules = (refusal for need in asked if not need.said for refusal in need.rule(work, row, Act("")))
    return tuple(dict.fromkeys((*_not_theirs(work), *rules)))


def _checked(work: Work, act: Act, rows: tuple[Transition, ...]) -> Outcome:
    known = work.facts(act.outcome)
    row = next((row for row in rows if row.fits(known)), None)
    if row is None:
        return _refused(Refusal(_("the state of the case"), _lacking(rows, known)))
    refusals = (*_not_theirs(work), *(refusal for name in row.needs for refusal in NEEDS[name].rule(work, row, act)))
    if refusals:
        return _refused(*dict.fromkeys(refusals))
    here = work.standing.state.id
    data = {**(act.data or {}), "role": role_of(work, row), "from": here, "to": row.target(here)}
    if act.outcome:
        data["outcome"] = act.outcome
    return Outcome(act.said, event=row.event, data=data, reasons=act.reasons)


def _lacking(rows: tuple[Transition, ...], known: frozenset[str]) -> str:
    """What this case would have to have for one of the rows that its state allows."""
    words = {"portfolio": _("There is no portfolio in this case."), "meeting": _("This certificate has no meeting.")}
    lacks = (said for fact, said in words.items() if fact not in known and all(fact in row.when for row in rows))
    return next(lacks, _("That is not possible with this case now."))


def _refused(*refusals: Refusal) -> Outcome:
    said = "\n".join(str(refusal) for refusal in refusals)
    return Outcome(_("Nothing was recorded.") + "\n" + said, refusals)


def record(work: Work, outcome: Outcome, **more: Any) -> Case | None:
    """The case with the event; None if somebody else was faster: read again, decide again. `more`: the comment's id."""
    if outcome.event is None:
        return work.case
    with alone(work.store.root):
        return _recorded(work, outcome, outcome.event, more)


def _recorded(work: Work, outcome: Outcome, event: str, more: Mapping[str, Any]) -> Case | None:
    if event == "linked" and not join(work, str((outcome.data or {})["reference"])):
        return None
    if outcome.reasons:
        reasons.keep(work.store, work.case, outcome.reasons)  # what the event speaks of comes first
    data, at = {**(outcome.data or {}), **more}, stamp(work.now)
    meeting_sheet.keep(work.of(after(work.case, event, at=at, by=work.person.login, data=data)[0]))
    done = work.store.append(work.case, event, at=at, by=work.person.login, data=data)
    if done is None:
        there = work.of(work.store.case(work.case.reference))
        reasons.drop(work.store, there.case, outcome.reasons)
        meeting_sheet.keep(there)
    return done
