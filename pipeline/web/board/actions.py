"""What somebody can do with a case now, in words of its own: buttons, and a small form for what takes words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.cases.command import Ask, Command
from pipeline.cases.commands import EVERY, answered
from pipeline.cases.commands.schedule import AHEAD
from pipeline.cases.context import Work
from pipeline.cases.decisions import Outcome, decide, hindered
from pipeline.cases.events import CONTACT
from pipeline.cases.stages import stage
from pipeline.i18n import _


@dataclass(frozen=True)
class Button:
    """`comment`: the command that it gives. `ends`: the case is over then. `why`: what stands in the way."""

    comment: str
    label: str
    text: str
    ends: bool
    why: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """`comment`: how the command is written. `choices`: (login, name) of a select. `why`: what stands in the way."""

    name: str
    comment: str
    label: str
    text: str
    ask: Ask | None
    choices: tuple[tuple[str, str], ...]
    why: tuple[str, ...]


def acts(work: Work) -> dict[str, Any]:
    """What this person may do: `buttons`, `forms`, `written` without a field of its own; `refused`: what not now, and why.

    `first` and `last` are the days between which something can be arranged (ISO 8601).
    """
    possible = [command for command in EVERY if _possible(work, command)]
    buttons = [_button(work, command, said) for command in possible for said in command.choices]
    forms = [form for command in possible if not command.choices for form in _forms(work, command)]
    every: list[Button | Form] = [*buttons, *forms]
    return {
        "buttons": [button for button in buttons if not button.why],
        "forms": [form for form in forms if form.ask and not form.why],
        "written": [form for form in forms if not form.ask and not form.why],
        "refused": [act for act in every if act.why],
        "first": work.now.date().isoformat(),
        "last": (work.now + AHEAD).date().isoformat(),
    }


def _possible(work: Work, command: Command) -> bool:
    if work.case.opening.type == CONTACT:
        here = stage(work.judge.data, work.case)
        return command is answered.COMMAND and here.awaited in work.person.roles
    rows = work.process.of_command(command.name, work.standing.state.id)
    return any(set(row.who) & set(work.person.roles) for row in rows)


def _button(work: Work, command: Command, said: str) -> Button:
    outcome = decide(work, said) or Outcome("")
    to = (outcome.data or {}).get("to")
    ends = to is not None and not work.process.state(str(to)).open
    why = tuple(str(refusal) for refusal in outcome.refusals)
    return Button(said, command.label(said), command.text(), ends, why)


def _forms(work: Work, command: Command) -> Iterator[Form]:
    """None where there is nothing to say with it in this case."""
    found, ask = hindered(work, command), command.ask
    if found is None or (ask and not ask.offered(work)):
        return
    choices = tuple(_choices(work, command)) if ask and ask.kind == "person" else ()
    why = [str(refusal) for refusal in found]
    if ask and ask.kind == "person" and not choices:
        why.append(_("Nobody who has this role may judge this case."))
    yield Form(command.name, command.usage, command.label(command.usage), command.text(), ask, choices, tuple(why))


def _choices(work: Work, command: Command) -> Iterator[tuple[str, str]]:
    """Those whose turn it could be, without whom the command would refuse."""
    for person in work.people:
        outcome = decide(work, f"/{command.name} @{person.login}")
        if work.claimant in person.roles and outcome and not outcome.refusals:
            yield person.login, person.name
