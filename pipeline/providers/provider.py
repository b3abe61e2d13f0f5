"""What a form provider has to say of itself. Everything else (forms, pull, workflow's secrets) is made from this."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Protocol, Self

from pipeline.errors import CannotGoOn, UnreadableInput
from pipeline.i18n import normalised
from pipeline.submissions import parsing
from pipeline.submissions.parsing import Form
from pipeline.submissions.submission import sha256

# The workflow hands on this secret beside those of single providers: with these names a new one needs no change there.
TOKEN, API_URL = "FORM_PROVIDER_TOKEN", "FORM_PROVIDER_API_URL"


class ProviderFailed(CannotGoOn):
    pass


class Refused(ProviderFailed):
    """Asking again would change nothing."""


@dataclass(frozen=True)
class Sent:
    """One post as the provider kept it. `at` is when (UTC, sorts as time does), "" where the provider gives no time.

    `id` is the provider's name of it, "" where it has none; `spam`: the provider takes it for a machine's. `trouble`:
    why it cannot be read as it came, in words; `form` is what is left of it.
    """

    at: str
    form: Form
    id: str = ""
    spam: bool = False
    trouble: str = ""

    @classmethod
    def of(cls, at: object, content: Mapping[str, object], id: str = "", spam: bool = False) -> Self:
        """`at` is the provider's own word for the time, `content` the fields by name."""
        known = moment(at)
        trouble = ""
        try:
            parsing.parse_json(json.dumps(content).encode())
        except UnreadableInput as error:
            trouble = str(error)
        return cls(written(known) if known else "", _form(content), id, spam, trouble)

    @property
    def name(self) -> str:
        """The same post has the same one, whatever the provider takes it for."""
        return self.id or sha256(dict(self.form))

    @property
    def mark(self) -> str:
        """By this it is known again. What the provider no longer takes for spam is another thing to be taken in."""
        return f"{self.name} spam" if self.spam else self.name


@dataclass(frozen=True)
class FormNeeds:
    """What a form's HTML has for the place it is sent to. `honeypot`: the field that no person sees.

    `action`: where the form goes, if that is not the address in organization.yml.
    """

    honeypot: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    action: str = ""


class Provider(Protocol):
    """`kind` stands in organization.yml, `host` on the pages that say through whom a submission passes.

    The environment has the credential as `key_name`, another API's address as `api_name` (of a new one: TOKEN, API_URL).
    One that may not list spam has `lists_spam`, which is false once that was seen.
    """

    kind: ClassVar[str]
    host: ClassVar[str]
    key_name: ClassVar[str]
    api_name: ClassVar[str]
    default_api: ClassVar[str]
    honeypot: ClassVar[str]

    @classmethod
    def needs(cls, name: str, thanks: str) -> FormNeeds:
        """For the form with this name; `thanks` is the address of the page that is shown when it was sent."""

    @classmethod
    def from_endpoint(cls, url: str, api: str, key: str) -> Self:
        """`url` is the address in organization.yml; `api` has no / at its end."""

    def since(self, last: str) -> str:
        """From which moment on it has to be asked again, if the last one taken in was sent at `last`."""

    def sent(self, last: str) -> Iterator[Sent]:
        """Everything from since(last) on (that moment included; "" for all), oldest first. Raises ProviderFailed."""


def moment(text: object) -> datetime | None:
    """RFC 3339, UTC where it does not say; None for what is no time."""
    try:
        found = datetime.fromisoformat(str(text))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def written(moment: datetime) -> str:
    """Sorts as time does. `moment` is in UTC."""
    return f"{moment.isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def _form(content: Mapping[str, object]) -> Form:
    """A provider's fields as a form post would have had them."""
    values: dict[str, list[str]] = {}
    for name, value in content.items():
        given = value if isinstance(value, list) else [value]
        values[parsing.whole(str(name))] = [parsing.whole(normalised(str(text))) for text in given if text is not None]
    return values
