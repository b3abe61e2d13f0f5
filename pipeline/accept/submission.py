"""What a person sent, checked and frozen, with the schema it was judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.profiles.derive import CONTACT
from pipeline.profiles.load import canonical
from pipeline.text import has_content

CREDITED = "credited"


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
    """

    kind: str
    about: str
    value: Mapping[str, Any]
    schema: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return sha256(self.value)

    @cached_property
    def key(self) -> str:
        """From the id the form made with the draft; without one, from the content."""
        return sha256([self.kind, self.about, self.value.get("id") or self.value])

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


def sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()
