"""The frozen objects that everything else is drawn from: the body, its education providers, its profiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline.data.process import Process
from pipeline.i18n import _, has_words, speaking


@dataclass(frozen=True)
class Shades:
    """Hex colours of one palette: `fill` of buttons and marks, `hover`, and the `tint` behind text."""

    fill: str
    hover: str
    tint: str


@dataclass(frozen=True)
class Colour:
    name: str
    light: Shades
    dark: Shades


def asks(language: str) -> bool:
    """Whether a statement in this language can stand in a question of the same language."""
    return has_words(language, "Can I {text}?")


@dataclass(frozen=True)
class Statement:
    """An action-outcome statement: `text` completes "Can I …?" (F16). `language` is the one its text is in."""

    id: str
    kind: str
    text: str
    evidence: str
    since: str
    retired: str | None
    unit: str
    language: str

    @property
    def question(self) -> str:
        """In one language: the text alone, where the catalogue of its language does not ask."""
        if not asks(self.language):
            return self.text
        with speaking(self.language):
            return _("Can I {text}?").format(text=self.text)


@dataclass(frozen=True)
class Unit:
    id: str
    title: str
    text: str
    language: str
    statements: tuple[Statement, ...]

    @property
    def asked(self) -> tuple[Statement, ...]:
        return tuple(statement for statement in self.statements if not statement.retired)


@dataclass(frozen=True)
class Step:
    """`who` is "you" or the id of one of the organisation's roles."""

    id: str
    title: str
    text: str
    who: str
    language: str


@dataclass(frozen=True)
class Part:
    """A part of the portfolio; its `kind` says which fields the form has for it."""

    id: str
    kind: Literal["statements", "log", "declarations"]
    title: str
    text: str
    language: str


@dataclass(frozen=True)
class Criterion:
    id: str
    title: str
    question: str
    text: str
    example: str
    language: str


@dataclass(frozen=True)
class WorkedExample:
    statement: str
    answer: str
    evidence: str
    language: str


@dataclass(frozen=True)
class Validity:
    """`kind`: none (no re-certification), years, or unknown (not stated)."""

    kind: Literal["none", "years", "unknown"]
    years: int = 0


@dataclass(frozen=True)
class Profile:
    """One certificate. `units` are its own; Data.units() adds those of the profiles it includes (F12).

    `translated` names the fields that are not in `language`, but in the one of the Data it belongs to.
    """

    id: str
    version: str
    status: str
    open: bool
    order: int
    name: str
    short_name: str
    path_name: str
    colour: Colour
    for_whom: str
    covers: str | None
    based_on: str | None
    decided_on: tuple[str, ...]
    validity: Validity
    prerequisite: str | None
    includes: tuple[str, ...]
    fees: str | None
    typical_time: str | None
    refunds: str | None
    resits: str | None
    portfolio_name: str | None
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    criteria: tuple[Criterion, ...]
    worked_example: WorkedExample | None
    units: tuple[Unit, ...]
    language: str
    translated: frozenset[str]

    @property
    def draft(self) -> bool:
        return self.status == "draft"

    @property
    def unknowns(self) -> tuple[str, ...]:
        """The fields nobody has filled in yet."""
        names = ("covers", "based_on", "fees", "typical_time", "refunds", "resits")
        return tuple(name for name in names if getattr(self, name) is None)

    def original(self, name: str) -> str:
        """The language of a field that is not translated; "" if it is."""
        return "" if name in self.translated else self.language

    def part(self, kind: str) -> Part | None:
        return next((part for part in self.parts if part.kind == kind), None)

    @property
    def name_lines(self) -> tuple[str, str]:
        """The name in two lines: "Certificate of Practice - Mentor" → ("Certificate of Practice", "Mentor")."""
        first, _dash, second = self.name.replace(" – ", " - ").partition(" - ")
        return first, second


@dataclass(frozen=True)
class Role:
    id: str
    name: str
    text: str


@dataclass(frozen=True)
class Impartiality:
    """What the body says of its rules: `roles` of one case that nobody takes two of, who looks at `appeals`."""

    roles: str
    appeals: str


@dataclass(frozen=True)
class Administrator:
    name: str
    text: str
    roles: tuple[str, ...]
    impartiality: str
    url: str


@dataclass(frozen=True)
class Endpoint:
    """`kind`: server, or one of the form providers in providers/."""

    kind: str
    url: str


@dataclass(frozen=True)
class Labels:
    """The words before the colon in an issue's labels."""

    submission: str
    certificate: str
    path: str
    stage: str
    intake_findings: str


@dataclass(frozen=True)
class Days:
    """How many days each kind is kept after its end; None: not decided."""

    submissions: int | None
    contact_messages: int | None
    complaints: int | None


@dataclass(frozen=True)
class Retention:
    """In words for the site, and in days for the clock."""

    drafts: str | None
    submissions: str | None
    contact_messages: str | None
    complaints: str | None
    certificates: str | None
    days: Days


@dataclass(frozen=True)
class Organization:
    """The awarding body. Addresses at `.invalid` are placeholders: see `address()`.

    `languages`: the first is the one that data/ and docs/ are written in. `translated` as in Profile.
    """

    name: str
    short_name: str
    site_url: str
    languages: tuple[str, ...]
    home_title: str
    home_lead: str
    home_welcome: str
    about: tuple[str, ...]
    standards: str
    kind_once: str
    kind_renewed: str
    administrator: Administrator
    impartiality: Impartiality
    roles: tuple[Role, ...]
    interview_minutes: int
    reference_prefix: str
    labels: Labels
    contact_text: str
    contact_email: str | None
    contact_address: str | None
    booking_url: str | None
    answer_within: str | None
    endpoint: Endpoint | None
    scholarship: str
    complaints_role: str
    complaints_write_to: str | None
    complaints_terms: str | None
    retention: Retention
    name_on_issues: bool
    translated: frozenset[str]

    @property
    def language(self) -> str:
        return self.languages[0]

    def original(self, name: str) -> str:
        """The language of a text that is not translated; "" if it is."""
        return "" if name in self.translated else self.language

    def role(self, role_id: str) -> Role:
        return next(role for role in self.roles if role.id == role_id)


@dataclass(frozen=True)
class Provider:
    """An education provider (F15). `kind`: administrator or recognised."""

    name: str
    url: str | None
    kind: str
    text: str


@dataclass(frozen=True, eq=False)
class Data:
    """Everything in data/, checked, in one language; `others` is the same in the body's other languages.

    It is the same only as itself, so that what is derived from it can be kept beside it.
    """

    organization: Organization
    colours: tuple[Colour, ...]
    providers_note: str
    providers: tuple[Provider, ...]
    process: Process
    profiles: tuple[Profile, ...]  # by `order`
    hashes: dict[str, str]  # profile id → SHA-256 of the profile with all it includes
    snapshots: dict[str, str]  # profile id → the JSON text that was hashed
    language: str
    others: dict[str, Data]

    def in_language(self, code: str) -> Data:
        """The same in another of the body's languages; in the body's first for a language that it does not have."""
        return self.others.get(code, self)

    def profile(self, profile_id: str) -> Profile | None:
        return next((profile for profile in self.profiles if profile.id == profile_id), None)

    @cached_property
    def open_profiles(self) -> tuple[Profile, ...]:
        return tuple(profile for profile in self.profiles if profile.open)

    def included(self, profile: Profile) -> Iterator[Profile]:
        """The profiles that it includes, innermost first, each once."""
        seen: list[Profile] = []

        def walk(outer: Profile) -> None:
            for profile_id in outer.includes:
                inner = self.profile(profile_id)
                if inner and inner not in seen:
                    walk(inner)
                    seen.append(inner)

        walk(profile)
        return iter(seen)

    def units(self, profile: Profile) -> tuple[Unit, ...]:
        """Its units in the order they are asked: those of included profiles first."""
        inner = [unit for included in self.included(profile) for unit in included.units]
        return (*inner, *profile.units)

    def statements(self, profile: Profile) -> tuple[Statement, ...]:
        """The statements asked, of the included profiles too."""
        return tuple(statement for unit in self.units(profile) for statement in unit.asked)

    def home(self, profile: Profile, unit: Unit) -> Profile:
        """The profile in which a unit is written."""
        return next((inner for inner in self.included(profile) if unit in inner.units), profile)


def is_placeholder(address: str | None) -> bool:
    """Addresses at .invalid (RFC 2606) say "not known yet": they are shown as words and never linked."""
    return address is not None and ".invalid" in address
