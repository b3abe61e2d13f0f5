"""What a person sent, checked and frozen, with the schema it was judged by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pipeline.data.load import canonical
from pipeline.forms.json_schema import CONTACT
from pipeline.i18n import has_content

CREDITED = "credited"
KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Answer:
    """`answer`: yes, partly, not_yet, or credited (shown by a certificate the applicant holds)."""

    statement: str
    unit: str
    answer: str


@dataclass(frozen=True)
class Submission:
    """`about` is a profile's id, or for a contact message its topic. `value` is only read, never changed.

    `key` says that two deliveries are the same thing sent again or revised; `digest` that they are alike.
    `draft`: the random id that the form made with the draft. Who sends it owns the draft, so it is kept nowhere.
    """

    kind: str
    about: str
    value: Mapping[str, Any]
    schema: Mapping[str, Any]
    draft: str = ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return sha256(self.value)

    @cached_property
    def key(self) -> str:
        """Of the draft; without one, from the content. Earlier versions kept the id itself, and made another key of it."""
        made = self.value.get("id")
        return str(made) if is_key(made) else sha256([self.kind, self.about, made or self.value])

    @property
    def sealed(self) -> Submission:
        """As it may be kept: in the place of the draft's id there stands its key, which no form can send."""
        draft = self.value.get("id")
        if not draft or is_key(draft):
            return self
        return replace(self, value={**self.value, "id": draft_key(self.kind, self.about, draft)}, draft=draft)

    @property
    def unsealed(self) -> Submission:
        """As if it had come without a draft."""
        return replace(self, value={name: value for name, value in self.value.items() if name != "id"}, draft="")

    @property
    def earlier(self) -> Submission | None:
        """As earlier versions kept it; None where it came without a draft."""
        return replace(self, value={**self.value, "id": self.draft}, draft="") if self.draft else None

    @cached_property
    def schema_hash(self) -> str:
        return sha256(self.schema)

    @property
    def name(self) -> str:
        """The name of its file: 64 hex digits of the key, 16 of the digest."""
        return f"{self.key}-{self.digest[:16]}.json"

    @property
    def version(self) -> str | None:
        """Of the profile it was judged by, whatever it says of itself."""
        return self._judged("version")

    @property
    def profile_hash(self) -> str | None:
        return self._judged("profile_hash")

    def _judged(self, name: str) -> str | None:
        found: str | None = self.schema["properties"].get(name, {}).get("default")
        return found

    @property
    def is_contact(self) -> bool:
        return self.kind == CONTACT

    @property
    def held(self) -> tuple[str, ...]:
        """Ids of the included profiles of which the applicant names a certificate."""
        return tuple(sorted(name for name, number in self.value.get("held", {}).items() if has_content(number)))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """One for every statement that the schema asks, in its order."""
        asked = self.schema["properties"].get("answers", {}).get("properties", {})
        given = self.value.get("answers", {})
        return tuple(
            Answer(statement, rule["x-unit"], given[statement]["answer"] if statement in given else CREDITED)
            for statement, rule in asked.items()
        )


def is_key(value: object) -> bool:
    return isinstance(value, str) and bool(KEY.fullmatch(value))


def draft_key(kind: str, about: str, draft: str) -> str:
    return sha256(["draft", kind, about, draft])


def without_secrets(value: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody sent, without what opens the case: who reads the records must not be able to."""
    kept = dict(value)
    draft, about = kept.pop("id", None), kept.get("topic", kept.get("profile"))
    if is_key(draft):
        kept["id"] = draft
    elif isinstance(draft, str) and draft:
        kept["id"] = draft_key(str(kept.get("kind")), str(about), draft)
    case = kept.get("case")
    if isinstance(case, Mapping):
        kept["case"] = {name: text for name, text in case.items() if name != "secret"}
    return kept


def sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()
