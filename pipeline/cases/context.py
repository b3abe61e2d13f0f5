"""Who does what to which case, now: what every command and every rule looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from pipeline.cases.events import CREDITED, LINKED, Case
from pipeline.cases.people import Person
from pipeline.cases.state import Standing, facts, standing
from pipeline.cases.store import Store
from pipeline.data.model import Criterion, Profile
from pipeline.data.process import Process
from pipeline.forms import json_schema
from pipeline.i18n import _, has_content
from pipeline.submissions import references
from pipeline.submissions.validation import Judge


@dataclass(frozen=True)
class Work:
    """One person at one case. `now` is UTC."""

    judge: Judge
    store: Store
    people: tuple[Person, ...]
    case: Case
    person: Person
    now: datetime

    @property
    def process(self) -> Process:
        return self.judge.data.process

    @cached_property
    def standing(self) -> Standing:
        return standing(self.judge.data, self.case)

    @property
    def profile(self) -> Profile | None:
        return self.judge.data.profile(self.case.about)

    def facts(self, outcome: str | None) -> frozenset[str]:
        return facts(self.case, self.profile, outcome)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Statement id → its rule, as the portfolio was judged by; empty while there is none."""
        event = self.case.current(json_schema.PORTFOLIO)
        if event is None:
            return {}
        schema = self.store.schema(str(event.data["schema"]))
        found: dict[str, Any] = schema["properties"]["answers"]["properties"]
        return {name: rule for name, rule in found.items() if event.data["answers"].get(name) != "credited"}

    @cached_property
    def unshown(self) -> frozenset[str]:
        """Statements answered "not yet", or without a word of evidence in what has not been forgotten. Raises StoreFailed."""
        event = self.case.current(json_schema.PORTFOLIO)
        if event is None:
            return frozenset()
        sent = (self.store.submission(self.case.reference, str(event.data["digest"])) or {}).get("answers")
        answers: Mapping[str, str] = event.data["answers"]
        return frozenset(
            name
            for name in self.asked
            if answers.get(name, "not_yet") == "not_yet"
            or (sent is not None and not has_content(str(sent.get(name, {}).get("evidence", ""))))
        )

    def reference(self, words: tuple[str, ...]) -> str | None:
        """The reference that words mean, however they part it; None if they mean none."""
        return references.normalise(self.judge.data.organization.reference_prefix, "".join(words))

    def statement(self, word: str) -> str:
        """The id that a word means, in whatever case it was typed; the word itself where it is none."""
        return next((name for name in self.asked if name.lower() == word.lower()), word)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        return self.profile.criteria if self.profile else ()

    @property
    def claimant(self) -> str:
        """The role that can claim the case in its state; where nobody can, the role whose turn it is."""
        rows = self.process.of_command("claim", self.standing.state.id)
        known = self.facts(None)
        return next((row.who[0] for row in rows if row.fits(known)), self.standing.state.awaits)

    def title(self, role: str) -> str:
        """What the body calls a role, or the part of whoever decides."""
        names = {known.id: known.name for known in self.judge.data.organization.roles}
        return names.get(role) or _("decider")

    def by(self, person: Person) -> Work:
        """The same case, with somebody else at it."""
        return replace(self, person=person)

    def of(self, case: Case) -> Work:
        """The same person at another case."""
        return replace(self, case=case)

    def who(self, login: str) -> Person | None:
        return next((person for person in self.people if person.login.lower() == login.lower()), None)

    def submissions(self) -> list[dict[str, Any]]:
        """What the applicant sent to this case and to those joined into it, as far as it has not been forgotten.

        Raises StoreFailed where one of them is damaged.
        """
        found = (
            self.store.submission(case.reference, str(event.data["digest"]))
            for case in self._with_joined()
            for event in case.deliveries
        )
        return [value for value in found if value is not None]

    def taught(self) -> list[dict[str, Any]]:
        """What the applicant said of their education: here, and in the cases whose certificates count here."""
        named = [
            str(event.data["reference" if event.type == CREDITED else "prerequisite"])
            for event in self.case.events
            if event.type == CREDITED or "prerequisite" in event.data
        ]
        counted = [value for name in dict.fromkeys(named) for value in self.of(self.store.case(name)).submissions()]
        return [value.get("education", {}) for value in (*self.submissions(), *counted)]

    def _with_joined(self) -> Iterator[Case]:
        """/link brings the portfolio alone: what else was sent stays in the case that it came from."""
        seen, ahead = {self.case.reference}, [self.case]
        while ahead:
            case = ahead.pop()
            yield case
            sources = [str(event.data["of"]) for event in case.events if event.type == LINKED and "of" in event.data]
            for reference in sources:
                if reference not in seen:
                    seen.add(reference)
                    ahead.append(self.store.case(reference))


@dataclass(frozen=True)
class Act:
    """What a command would do. `outcome` chooses between rows of the table (grant, held …); `data` goes into the event.

    `said` is the sentence of the reply; `reasons` is kept beside what was submitted, `data` names it. An act without an
    event (`says_only`) changes nothing: help, preview.
    """

    said: str
    outcome: str | None = None
    data: dict[str, Any] | None = None
    says_only: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """`rule`: which rule says no, in a word or two; `words`: what is wrong and what to do."""

    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.words} ({self.rule})"
