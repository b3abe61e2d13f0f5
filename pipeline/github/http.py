"""GitHub's API over HTTP, of one repository: waits as it is told, tries again what may be, reads lists page by page.

Limits and good manners: GitHub REST API documentation, "Best practices" and "Rate limits" (2022-11-28). What was told to
wait does not ask before that time is over.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from pipeline.errors import GitHubFailed, OutOfTime, RateLimited, Unusable
from pipeline.http_limits import NO_HINT, exhausted, limited, served_at
from pipeline.timestamps import stamp

BETWEEN_WRITES = 1.0  # seconds, at least
TIMEOUT = (10.0, 30.0)  # seconds to connect, seconds to wait for an answer
RETRY_WAITS = (2.0, 4.0, 8.0)  # seconds before what can be done twice (a read, a drawing) is tried again
WAIT_LIMIT = 120.0  # seconds this run waits for a limit to pass; longer is left to the next run
EXACT = 10.0  # seconds that GitHub's clock and ours may differ: an answer's Date has whole seconds, and takes its time
RECENT = 300.0  # seconds that one of GitHub's machines may be behind another
TRIES = 4  # how often one request is told to wait before it is left to the next run


class _Session(requests.Session):
    """Follows a repository that was renamed, but no issue that was moved away: nothing is written to another repository."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        moved = resp.status_code == 301 and "/issues/" in str(resp.url)
        return None if moved else super().get_redirect_target(resp)


LOCKED = "issue is locked"  # in what GitHub answers to a workflow's comment under such an issue
ARCHIVED = "archived so is read-only"  # in what GitHub answers to every write
ARCHIVED_REMEDY = (
    "The records repository is archived: nobody can write to it. Unarchive it in its settings (General, Danger Zone), "
    "then run this again."
)


class Answer(NamedTuple):
    """What an answer held, and the address of the page after it (Link header, RFC 8288); "" for the last."""

    value: Any
    following: str


class Unknown(Exception):
    """The request may have been done or not: 5xx, dropped, timed out, or an answer that is not JSON."""


@dataclass
class Client:
    """`api` is GITHUB_API_URL, `repository` GITHUB_REPOSITORY ("owner/name").

    `until`: the moment (of `clock`) from which nothing is asked any more. Every method may raise RateLimited and OutOfTime
    (the next run goes on) and GitHubFailed.
    """

    api: str
    repository: str
    token: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    timeout: tuple[float, float] = TIMEOUT
    until: float = math.inf
    _last_write: float = field(default=0.0, repr=False)
    _told: float = field(default=0.0, repr=False)
    _ahead: float | None = field(default=None, repr=False)
    _session: requests.Session = field(default_factory=_Session, repr=False)

    @property
    def left(self) -> float:
        """Seconds in which this run may still ask."""
        return max(self.until - self.clock(), 0.0)

    @property
    def ahead(self) -> timedelta:
        """How far GitHub's clock is ahead of this machine's, by its last answer: a difference that a network may make is none."""
        return timedelta(seconds=self._ahead if self._ahead and abs(self._ahead) > EXACT else 0)

    def corrected(self, now: Callable[[], datetime]) -> Callable[[], datetime]:
        """What is compared with GitHub's times, or with those of other machines, is told by GitHub's clock and not by ours."""
        return lambda: now() + self.ahead

    def _recently(self) -> str:
        """A little before this moment, by GitHub's clock, as its `since` has it; "" where that clock has not been seen."""
        if self._ahead is None:
            return ""
        return stamp(datetime.fromtimestamp(self.clock() + self._ahead - RECENT, UTC))

    @property
    def told(self) -> float:
        """Seconds that GitHub has told to wait from now on."""
        return max(self._told - self.clock(), 0.0)

    @property
    def _home(self) -> str:
        return f"{self.api}/repos/{self.repository}"

    def _pages(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every object of a list. A page may hold fewer than asked for: the answer itself links the next one."""
        answer = self._get(f"{self._home}{path}", {**query, "per_page": 100}, list)
        asked = {""}
        while True:
            yield from (entry for entry in answer.value if isinstance(entry, dict))
            if answer.following in asked:
                return
            asked.add(answer.following)
            answer = self._get(answer.following, None, list)

    def _read(self, path: str, query: dict[str, Any] | None = None) -> Any:
        return self._get(f"{self._home}{path}", query, dict).value

    def _get(self, url: str, query: dict[str, Any] | None, kind: type) -> Answer:
        if urlsplit(url)[:2] != urlsplit(self.api)[:2]:
            raise GitHubFailed("GitHub names a page that is not on its own host; nothing was asked there.")
        for wait in RETRY_WAITS:
            with contextlib.suppress(Unknown):
                return self._request("GET", url, query=query, kind=kind)
            self._pause(wait)
        try:
            return self._request("GET", url, query=query, kind=kind)
        except Unknown as error:
            raise GitHubFailed(f"GitHub did not answer ({error}); the next run tries again.") from error

    def _write(self, method: str, path: str, content: dict[str, Any]) -> Any:
        pause = self._last_write + BETWEEN_WRITES - self.clock()
        if pause > 0:
            self.sleep(pause)
        try:
            return self._request(method, f"{self._home}{path}", content=content).value
        finally:
            self._last_write = self.clock()

    def _request(
        self,
        method: str,
        url: str,
        *,
        query: dict[str, Any] | None = None,
        content: dict[str, Any] | None = None,
        kind: type = dict,
    ) -> Answer:
        """The answer's JSON is of this kind. Asked again after a limit, as long as that is soon over."""
        self._wait(self.told)
        for asked in range(TRIES):
            if self.left <= 0:
                raise OutOfTime
            answer = self._send(method, url, query, content)
            wait = limited(answer, self.clock(), asked)
            if wait is None:
                self._told = self.clock() + exhausted(answer, self.clock())
                return _result(answer, method, kind)
            self._told = self.clock() + wait
            if asked + 1 < TRIES:
                self._wait(wait)
        raise RateLimited(wait or NO_HINT)

    def _send(
        self, method: str, url: str, query: dict[str, Any] | None, content: dict[str, Any] | None
    ) -> requests.Response:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "certificate-pipeline",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            answer = self._session.request(
                method, url, params=query, json=content, headers=headers, timeout=self.timeout
            )
        except requests.RequestException as error:
            raise Unknown(type(error).__name__) from error
        served = served_at(answer)
        if served is not None:
            self._ahead = served - self.clock()
        return answer

    def _wait(self, seconds: float) -> None:
        """Until GitHub may be asked again. Raises RateLimited if that is too long for this run."""
        if seconds <= 0:
            return
        if seconds > min(WAIT_LIMIT, self.left):
            raise RateLimited(seconds)
        self.sleep(seconds)
        self._told = 0.0

    def _pause(self, seconds: float) -> None:
        """Raises OutOfTime instead of sleeping past the end of this run."""
        if seconds > self.left:
            raise OutOfTime
        self.sleep(seconds)


def _result(answer: requests.Response, method: str, kind: type) -> Answer:
    status = answer.status_code
    if status == 403 and ARCHIVED in answer.text:
        raise Unusable(ARCHIVED_REMEDY, status)
    if status >= 500:
        raise Unknown(f"status {status}")
    if status >= 300:
        remedy = {
            301: "the issue was moved to another repository; move it back, or delete it there",
            401: "the token is not valid; renew it",
            403: "the issue is locked; unlock its conversation"
            if LOCKED in answer.text
            else f"the token may not do this; give it issues: write and contents: write{_reason(answer)}",
            404: "not found, or the token may not see it; check GITHUB_REPOSITORY and the token",
            410: "the issue was deleted, or issues are switched off in the repository's settings",
        }.get(status) or f"the request was not accepted{_reason(answer)}"
        raise GitHubFailed(f"GitHub answered {status} to {method} {urlsplit(answer.url).path}: {remedy}.", status)
    try:
        found = answer.json()
    except ValueError as error:
        raise Unknown("an answer that is not JSON") from error
    if not isinstance(found, kind):
        raise Unknown("an answer of another kind")
    return Answer(found, answer.links.get("next", {}).get("url", ""))


def _reason(answer: requests.Response) -> str:
    """What GitHub itself says of it: its message, and which fields it does not like. Never a value that was sent."""
    try:
        found = answer.json()
        fields = [f"{one.get('field')} {one.get('code')}" for one in found.get("errors", ()) if isinstance(one, dict)]
        said = "; ".join([str(found["message"]), *fields])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f" ({said[:200]})"


def identifier(answer: Any, name: str) -> int:
    """What an answer has if the write was done."""
    if not isinstance(answer.get(name), int):
        raise Unknown(f"an answer without {name}")
    return int(answer[name])
