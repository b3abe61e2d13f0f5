"""Reads a provider's API: patient with faults, never a request while told to wait, and the credential goes to the API alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from pipeline.http_limits import exhausted, limited
from pipeline.providers.provider import ProviderFailed, Refused
from pipeline.submissions import parsing

TIMEOUT = (10, 30)  # seconds to connect, seconds to wait for an answer
WAITS = (2.0, 4.0, 8.0)  # seconds before each new try after an answer that said nothing
LIMIT_WAIT = 120.0  # seconds this run waits for a limit to pass
REFUSED = (400, 401, 402, 403, 404, 405, 410, 422, 501)  # trying again would change nothing


@dataclass(frozen=True)
class Page:
    """What an answer held, and the address of the page after it (Link header, RFC 8288); "" for the last."""

    entries: list[dict[str, Any]]
    following: str


@dataclass
class Reader:
    """`api`: its address, without / at the end. `key_name`: where the credential was set, for whoever has to mend it."""

    api: str
    key_name: str
    auth: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    _not_before: float = field(default=0.0, repr=False)
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    def page(self, url: str, query: Mapping[str, str | int], read: Callable[[Any], list[dict[str, Any]]]) -> Page:
        """`read` takes the list out of the JSON; what it cannot read is like a server error. Raises ProviderFailed."""
        if not url.startswith(f"{self.api}/"):
            raise ProviderFailed("The form provider names a page outside of its API; nothing was asked there")
        for wait in (*WAITS, None):
            answer = self._ask(url, query)
            try:
                if answer is not None and answer.status_code == 200:
                    return Page(read(parsing.parse_list(answer.content)), answer.links.get("next", {}).get("url", ""))
            except (ValueError, KeyError, TypeError):
                pass
            told = limited(answer, self.clock()) if answer is not None else None
            if answer is not None and told is None and answer.status_code in REFUSED:
                raise Refused(
                    f"The form provider answered {answer.status_code}: check the form's address and {self.key_name}"
                )
            if wait is None:
                break
            self._wait(wait if told is None else told)
        raise ProviderFailed("The form provider did not answer clearly; the next run goes on from here")

    def _ask(self, url: str, query: Mapping[str, str | int]) -> requests.Response | None:
        """None if nothing came back that is an answer."""
        if self._not_before > self.clock():
            self._wait(self._not_before - self.clock())
        headers = {"Accept": "application/json", "User-Agent": "certificate-pipeline", **self.headers}
        try:
            answer = self._session.get(url, params=query, auth=self.auth, headers=headers, timeout=TIMEOUT)
        except requests.RequestException:
            return None
        self._not_before = self.clock() + exhausted(answer, self.clock())
        return answer

    def _wait(self, seconds: float) -> None:
        if seconds > LIMIT_WAIT:
            raise ProviderFailed(
                f"The form provider asks to wait {seconds:.0f} seconds; the next run goes on from here"
            )
        self.sleep(seconds)


def records(value: Any) -> list[dict[str, Any]]:
    """A list of objects without its empty entries (null). Raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    entries = [entry for entry in value if entry is not None]
    if not all(isinstance(entry, dict) for entry in entries):
        raise TypeError("not a list of objects")
    return entries
