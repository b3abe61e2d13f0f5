"""The process table (data/process.yml): states, and for each transition who may make it, from where, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.errors import CannotGoOn

DECIDER = "decider"
APPLICANT, NOBODY, PIPELINE, SAME = "applicant", "nobody", "intake", "same"


@dataclass(frozen=True)
class State:
    """`awaits`: a role's id, applicant or nobody. `days`: until it should be done; None: not decided.

    `language`: the one of its texts.
    """

    id: str
    title: str
    awaits: str
    todo: str
    days: int | None
    open: bool
    language: str = ""


@dataclass(frozen=True)
class Transition:
    """One row. `when`: facts that must hold ("meeting") or must not ("no meeting"); `needs`: names of rules."""

    event: str
    command: str | None
    sources: tuple[str, ...]
    to: str
    who: tuple[str, ...]
    needs: tuple[str, ...]
    when: tuple[str, ...]

    def part(self, role: str) -> str:
        """What somebody of a role is by it: who decides is the decider, and so is a Director who sends a case back."""
        back = self.command == "return" and role not in ("auditor", "verifier")
        return DECIDER if back or self.command == "decide" else role

    def fits(self, facts: Iterable[str]) -> bool:
        known = set(facts)
        return all((fact[3:] not in known) if fact.startswith("no ") else (fact in known) for fact in self.when)

    def target(self, source: str) -> str:
        return source if self.to == SAME else self.to


@dataclass(frozen=True)
class Process:
    states: tuple[State, ...]
    start: str
    transitions: tuple[Transition, ...]

    def state(self, state_id: str) -> State:
        """Raises CannotGoOn: cases name states by their ids, so an id never changes."""
        found = next((state for state in self.states if state.id == state_id), None)
        if found is None:
            raise CannotGoOn(f"data/process.yml has no state “{state_id}”, but a case names it; put it back")
        return found

    def of_command(self, command: str, source: str | None = None) -> tuple[Transition, ...]:
        rows = (row for row in self.transitions if row.command == command)
        return tuple(row for row in rows if source is None or source in row.sources)

    def by_event(self, event: str, source: str, facts: Iterable[str]) -> Transition | None:
        rows = (row for row in self.transitions if row.event == event and source in row.sources)
        return next((row for row in rows if row.fits(facts)), None)

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.command for row in self.transitions if row.command))

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.event for row in self.transitions))


def transition(raw: dict[str, Any]) -> Transition:
    return Transition(
        event=raw["event"],
        command=raw["command"],
        sources=tuple(raw["from"]),
        to=raw["to"],
        who=tuple(raw["who"]),
        needs=tuple(raw["needs"]),
        when=tuple(raw["when"]),
    )


def build(raw: dict[str, Any], language: str = "") -> Process:
    """`language` is the one of all texts that do not name another."""
    states = tuple(State(**{"language": language, **state}) for state in raw["states"])
    return Process(states, raw["start"], tuple(transition(row) for row in raw["transitions"]))
