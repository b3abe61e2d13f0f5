"""What the auditors' handbook says: drawn from the process table, the commands and the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.cases.command import Command, how
from pipeline.cases.commands import EVERY
from pipeline.cases.preconditions import NEEDS
from pipeline.cases.state import MEETING, has_meeting
from pipeline.data.model import Data, Profile
from pipeline.data.process import PIPELINE, SAME, Transition
from pipeline.i18n import _
from pipeline.site.diagram import draw


@dataclass(frozen=True)
class Way:
    """One row of the table in words: who may, from where, to where, and what it needs.

    A state is its title and the language of that, "" for the one that is spoken.
    """

    who: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    target: tuple[str, str]
    when: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A command with its ways; `ways` is empty where it changes no case."""

    command: Command
    example: str
    ways: tuple[Way, ...]


def handbook(data: Data) -> dict[str, Any]:
    process = data.process
    automatic = tuple(_way(data, row) for row in process.transitions if row.command is None)
    return {
        "diagram": draw(process),
        "word": command_of,
        "fact": fact_of,
        "how": how(),
        "entries": tuple(_entries(data)),
        "automatic": automatic,
        "states": process.states,
        "meetings": tuple(profile for profile in data.open_profiles if has_meeting(profile)),
    }


def sheet(data: Data, profile: Profile) -> dict[str, Any]:
    """What is talked about in the meeting: the profile's own units, then those of what it includes."""
    step = next(step for step in profile.steps if step.id == MEETING)
    own = {unit.id for unit in profile.units}
    units = sorted(data.units(profile), key=lambda unit: unit.id not in own)
    return {"profile": profile, "units": units, "home": data.home, "holder": step.who}


def command_of(row: Transition) -> str:
    """What stands at its line: the command with its outcome, or that it happens by itself."""
    outcome = next((fact for fact in row.when if fact in ("grant", "decline", "held", "missed")), "")
    return f"/{row.command} {outcome}".strip() if row.command else _("a portfolio comes")


def fact_of(row: Transition) -> str:
    """What tells two lines of one command apart, in a word or two."""
    short = {"portfolio": (_("portfolio"), _("no portfolio")), "meeting": (_("meeting"), _("no meeting"))}
    facts = [(fact.removeprefix("no "), fact.startswith("no ")) for fact in row.when if row.command]
    return ", ".join(short[fact][lacking] for fact, lacking in facts if fact in short)


def _facts() -> dict[str, tuple[str, str]]:
    """Each fact that chooses between rows, in words: where it holds, and where it does not."""
    return {
        "portfolio": (_("if there is a portfolio"), _("if there is no portfolio yet")),
        "meeting": (_("if the certificate has a meeting"), _("if the certificate has no meeting")),
        "grant": (_("with the word grant"), ""),
        "decline": (_("with the word decline"), ""),
        "held": (_("with the word held"), ""),
        "missed": (_("with the word missed"), ""),
    }


def _entries(data: Data) -> Iterator[Entry]:
    for command in EVERY:
        ways = tuple(_way(data, row) for row in data.process.of_command(command.name))
        yield Entry(command, command.example_of(data.organization.reference_prefix), ways)


def _way(data: Data, row: Transition) -> Way:
    process, known = data.process, _facts()

    def titled(name: str) -> tuple[str, str]:
        return process.state(name).title, process.state(name).language

    every = set(row.sources) == {state.id for state in process.states if state.open}
    return Way(
        who=tuple(data.organization.role(role).name for role in row.who if role != PIPELINE),
        sources=((_("every open state"), ""),) if every else tuple(titled(name) for name in row.sources),
        target=(_("the same state"), "") if row.to == SAME else titled(row.to),
        when=tuple(known[fact.removeprefix("no ")][fact.startswith("no ")] for fact in row.when),
        needs=tuple(NEEDS[name].text() for name in row.needs),
    )
