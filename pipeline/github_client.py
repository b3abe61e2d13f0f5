"""GitHub's API over HTTP, of one repository: waits as it is told, tries again what may be, reads lists page by page.

Limits and good manners: GitHub REST API documentation, "Best practices" and "Rate limits" (2022-11-28). What was told to
wait does not ask before that time is over.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from pipeline.errors import GitHubFailed, OutOfTime, RateLimited

BETWEEN_WRITES = 1.0  # seconds, at least
TIMEOUT = (10.0, 30.0)  # seconds to connect, seconds to wait for an answer
RETRY_WAITS = (2.0, 4.0, 8.0)  # seconds before what can be done twice (a read, a drawing) is tried again
WAIT_LIMIT = 120.0  # seconds this run waits for a limit to pass; longer is left to the next run
NO_HINT = 60.0  # seconds to wait where GitHub says that there is a limit and not how long; doubled each time
TRIES = 4  # how often one request is told to wait before it is left to the next run


class _Session(requests.Session):
    """Follows a repository that was renamed, but no issue that was moved away: nothing is written to another repository."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        moved = resp.status_code == 301 and "/issues/" in str(resp.url)
        return None if moved else super().get_redirect_target(resp)


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
    _session: requests.Session = field(default_factory=_Session, repr=False)

    @property
    def left(self) -> float:
        """Seconds in which this run may still ask."""
        return max(self.until - self.clock(), 0.0)

    @property
    def told(self) -> float:
        """Seconds that GitHub has told to wait from now on."""
        return max(self._told - self.clock(), 0.0)

    def _pages(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            found = self._read(path, {**query, "per_page": 100, "page": page}, kind=list)
            yield from found
            if len(found) < 100:
                return
            page += 1

    def _read(self, path: str, query: dict[str, Any] | None = None, kind: type = dict) -> Any:
        for wait in (*RETRY_WAITS, None):
            try:
                return self._request("GET", path, query=query, kind=kind)
            except Unknown as error:
                if wait is None:
                    raise GitHubFailed(f"GitHub did not answer ({error}); the next run tries again.") from error
                self._pause(wait)

    def _write(self, method: str, path: str, content: dict[str, Any]) -> Any:
        pause = self._last_write + BETWEEN_WRITES - self.clock()
        if pause > 0:
            self.sleep(pause)
        try:
            return self._request(method, path, content=content)
        finally:
            self._last_write = self.clock()

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        content: dict[str, Any] | None = None,
        kind: type = dict,
    ) -> Any:
        """The answer's JSON, which is of this kind. Asked again after a limit, as long as that is soon over."""
        self._wait(self.told)
        for asked in range(TRIES):
            if self.left <= 0:
                raise OutOfTime
            answer = self._send(method, path, query, content)
            wait = limited(answer, self.clock(), asked)
            if wait is None:
                self._told = exhausted(answer)
                return _result(answer, method, path, kind)
            self._told = self.clock() + wait
            if asked + 1 < TRIES:
                self._wait(wait)
        raise RateLimited(wait or NO_HINT)

    def _send(
        self, method: str, path: str, query: dict[str, Any] | None, content: dict[str, Any] | None
    ) -> requests.Response:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "certificate-pipeline",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        url = f"{self.api}/repos/{self.repository}{path}"
        try:
            return self._session.request(method, url, params=query, json=content, headers=headers, timeout=self.timeout)
        except requests.RequestException as error:
            raise Unknown(type(error).__name__) from error

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


def limited(answer: requests.Response, now: float, asked: int = 0) -> float | None:
    """Seconds to wait if the answer is a limit; None if it is something else (not every 403 is a limit).

    `asked`: how often this request has been told to wait before; without a hint, the wait doubles each time.
    """
    if answer.status_code not in (403, 429):
        return None
    no_hint = NO_HINT * 2**asked
    after = answer.headers.get("Retry-After", "")
    if after:
        moment = now + float(after) if _is_number(after) else _moment(after)
        return no_hint if moment is None else max(moment - now, 0) + 1
    end = exhausted(answer)
    if end:
        return max(end - now, 0)
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    return no_hint if spent or answer.status_code == 429 or "rate limit" in answer.text.lower() else None


def exhausted(answer: requests.Response) -> float:
    """From when on GitHub may be asked again, as seconds since 1970, if this request was the last of the hour; else 0."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    return float(reset) + 1 if spent and _is_number(reset) else 0.0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _moment(text: str) -> float | None:
    """An HTTP date as seconds since 1970; None if it is none."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _result(answer: requests.Response, method: str, path: str, kind: type) -> Any:
    status = answer.status_code
    if status >= 500:
        raise Unknown(f"status {status}")
    if status >= 300:
        remedy = {
            301: "the issue was moved to another repository; move it back, or delete it there",
            401: "the token is not valid; renew it",
            403: "the token may not do this; give it issues: write and contents: write",
            404: "not found, or the token may not see it; check GITHUB_REPOSITORY and the token",
            410: "the issue was deleted, or issues are switched off in the repository's settings",
        }.get(status, "the request was not accepted")
        raise GitHubFailed(f"GitHub answered {status} to {method} {path or '/'}: {remedy}.", status)
    try:
        found = answer.json()
    except ValueError as error:
        raise Unknown("an answer that is not JSON") from error
    if not isinstance(found, kind):
        raise Unknown("an answer of another kind")
    return found


def identifier(answer: Any, name: str) -> int:
    """What an answer has if the write was done."""
    if not isinstance(answer.get(name), int):
        raise Unknown(f"an answer without {name}")
    return int(answer[name])
