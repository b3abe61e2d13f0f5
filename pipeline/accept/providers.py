"""Form providers: what a person sent to somebody else's form service, page by page. Formspree now; another is one class more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from pipeline.accept.raw import Form
from pipeline.errors import CannotGoOn
from pipeline.text import normalised

PAGE = 100  # submissions a page
TIMEOUT = (10, 30)  # seconds to connect, seconds to wait for an answer
WAITS = (2.0, 4.0, 8.0)  # seconds before each new try after an answer that said nothing
LIMIT_WAIT = 120.0  # seconds this run waits for a limit to pass


class ProviderFailed(CannotGoOn):
    pass


@dataclass(frozen=True)
class Sent:
    """One post as the provider kept it. `at` is the provider's own text of the time, and sorts as time does."""

    at: str
    form: Form


class Provider(Protocol):
    name: str

    def sent(self, since: str) -> Iterator[Sent]:
        """Everything from `since` on (that moment included; "" for all), oldest first. Raises ProviderFailed."""


@dataclass
class Formspree:
    """GET /forms/{hashid}/submissions with limit, offset, order and since; HTTP Basic, empty user, key as password."""

    api: str
    form_id: str
    key: str
    sleep: Callable[[float], None] = time.sleep
    name: str = "formspree"
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    @classmethod
    def from_endpoint(cls, url: str, api: str, key: str) -> Formspree:
        """`url` is the form's action, like https://formspree.io/f/abcdwxyz."""
        return cls(api, urlsplit(url).path.rstrip("/").rpartition("/")[2], key)

    def sent(self, since: str) -> Iterator[Sent]:
        offset = 0
        while True:
            query: dict[str, str | int] = {"limit": PAGE, "offset": offset, "order": "asc"}
            if since:
                query["since"] = since
            found = self._page(query)
            for content in found:
                yield Sent(str(content.get("_date", "")), _form(content))
            if len(found) < PAGE:
                return
            offset += len(found)

    def _page(self, query: dict[str, str | int]) -> list[dict[str, Any]]:
        url = f"{self.api}/forms/{self.form_id}/submissions"
        for wait in (*WAITS, None):
            answer: requests.Response | None = None
            try:
                answer = self._session.get(url, params=query, auth=("", self.key), timeout=TIMEOUT)
                if answer.status_code == 200:
                    return list(answer.json()["submissions"])
            except (requests.RequestException, ValueError, KeyError, TypeError):
                pass  # nothing that can be read came back: the same as a server error
            if answer is not None and answer.status_code in (401, 403, 404):
                raise ProviderFailed(
                    f"The form provider answered {answer.status_code}: check the form's address and FORMSPREE_API_KEY"
                )
            if wait is None:
                break
            self.sleep(_asked_to_wait(answer) or wait)
        raise ProviderFailed("The form provider did not answer clearly; the next run goes on from here")


def _asked_to_wait(answer: requests.Response | None) -> float | None:
    if answer is None or answer.status_code != 429:
        return None
    after = answer.headers.get("Retry-After", "")
    wait = float(after) if after.isdigit() else 60.0
    if wait > LIMIT_WAIT:
        raise ProviderFailed(f"The form provider asks to wait {wait:.0f} seconds; the next run goes on from here")
    return wait


def _form(content: dict[str, Any]) -> Form:
    """Its fields as a form post would have had them; the provider's own begin with an underscore."""
    values: dict[str, list[str]] = {}
    for name, value in content.items():
        given = value if isinstance(value, list) else [value]
        values[str(name)] = [normalised(str(text)) for text in given if text is not None]
    return values
