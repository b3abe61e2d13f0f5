"""The only module that speaks to GitHub: the repository's visibility, labels, issues. Serial, patient, never twice.

Limits and good manners: GitHub REST API documentation, "Best practices" and "Rate limits" (2022-11-28). What was told to
wait does not ask before that time is over; what may have been done is looked for before it is done again.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from pipeline.audit.issue import Issue
from pipeline.errors import GitHubFailed, NotPrivate, OutOfTime, RateLimited

BETWEEN_WRITES = 1.0  # seconds, at least
TIMEOUT = (10.0, 30.0)  # seconds to connect, seconds to wait for an answer
RETRY_WAITS = (2.0, 4.0, 8.0)  # seconds before what can be done twice (a read, a drawing) is tried again
LOOK_WAITS = (2.0, 4.0, 8.0, 16.0, 30.0)  # seconds before each look whether a creation was done: lists lag by seconds
WAIT_LIMIT = 120.0  # seconds this run waits for a limit to pass; longer is left to the next run
NO_HINT = 60.0  # seconds to wait where GitHub says that there is a limit and not how long; doubled each time
ROLES = ("none", "read", "triage", "write", "maintain", "admin")  # GitHub's own; an organisation may have others
TRIES = 4  # how often one request is told to wait before it is left to the next run


@dataclass(frozen=True)
class Comment:
    """`issue` is the issue's number; `edited`: its text is not what was first written."""

    id: int
    issue: int
    login: str
    body: str
    by_bot: bool
    edited: bool


class _Unknown(Exception):
    """The request may have been done or not: 5xx, dropped, timed out, or an answer that is not JSON."""


@dataclass
class GitHub:
    """One repository. `api` is GITHUB_API_URL, `repository` GITHUB_REPOSITORY ("owner/name"), `event` what GITHUB_EVENT_PATH holds.

    `until`: the moment (of `clock`) from which nothing is asked any more. Every method may raise RateLimited and OutOfTime
    (the next run goes on) and GitHubFailed.
    """

    api: str
    repository: str
    token: str
    event: Mapping[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    timeout: tuple[float, float] = TIMEOUT
    until: float = math.inf
    _last_write: float = field(default=0.0, repr=False)
    _told: float = field(default=0.0, repr=False)
    _lists: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    @classmethod
    def from_environment(cls) -> GitHub | None:
        """As Actions sets it; None where no GITHUB_REPOSITORY is set. Raises GitHubFailed without a token."""
        repository, token = os.environ.get("GITHUB_REPOSITORY", ""), os.environ.get("GITHUB_TOKEN", "")
        if not repository:
            return None
        if not token:
            raise GitHubFailed(
                "GITHUB_REPOSITORY is set, but GITHUB_TOKEN is not; set both, or neither to work on this machine alone"
            )
        path = os.environ.get("GITHUB_EVENT_PATH", "")
        event = json.loads(Path(path).read_bytes()) if path and Path(path).is_file() else {}
        return cls(os.environ.get("GITHUB_API_URL", "https://api.github.com"), repository, token, event)

    def ensure_private(self) -> None:
        """Raises NotPrivate unless the event and, at this moment, the repository itself say that it is private (D5)."""
        visibility = self.event.get("repository", {}).get("visibility", "private")
        if visibility == "private":
            visibility = self._read("").get("visibility")
        if visibility != "private":
            raise NotPrivate(
                f"The records repository {self.repository} is {visibility}, not private. Nothing was written. "
                "Make it private in its settings, then run this again."
            )

    def begin(self, seconds: float) -> None:
        """This run has so much time; lists that were read before are forgotten."""
        self.until = self.clock() + seconds
        self.look_afresh()

    @property
    def left(self) -> float:
        """Seconds in which this run may still ask."""
        return max(self.until - self.clock(), 0.0)

    @property
    def told(self) -> float:
        """Seconds that GitHub has told to wait from now on."""
        return max(self._told - self.clock(), 0.0)

    def look_afresh(self) -> None:
        """Called after claims: what runs before this one may have created until then is in a list that is read now."""
        self._lists.clear()

    def open_issue(self, issue: Issue, *, tried: bool) -> int:
        """The number of the one issue with this marker. `tried`: a run before this one may have created it already."""
        if tried and (known := self._listed(issue)):
            return known
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels)}
        return self._create("/issues", content, "number", lambda: self.find(issue))

    def reply(self, number: int, marker: str, body: str, *, tried: bool) -> int:
        """The id of the one comment with this marker on line 1."""
        path = f"/issues/{number}/comments"
        if tried and (known := self._reply(path, marker)):
            return known
        return self._create(path, {"body": body}, "id", lambda: self._reply(path, marker))

    def change_reply(self, reply: int, body: str) -> bool:
        """Write a comment anew; False if somebody has deleted it. Doing it twice changes nothing."""
        try:
            self._change(f"/issues/comments/{reply}", {"body": body}, "id")
        except GitHubFailed as error:
            if not error.gone:
                raise
            return False
        return True

    def _create(self, path: str, content: dict[str, Any], name: str, find: Callable[[], int | None]) -> int:
        """Create once, whatever comes back: after an answer that says nothing, look for a minute before a second try."""
        for _attempt in range(2):
            try:
                return self._number(self._write("POST", path, content), name)
            except _Unknown:
                found = self._look_again(find)
            if found:
                return found
        raise GitHubFailed("GitHub did not answer clearly; the next run looks again.")

    @staticmethod
    def _number(answer: Any, name: str) -> int:
        """What an answer has if the write was done."""
        if not isinstance(answer.get(name), int):
            raise _Unknown(f"an answer without {name}")
        return int(answer[name])

    def _look_again(self, find: Callable[[], int | None]) -> int | None:
        """Lists lag behind writes: look several times before believing that nothing was created."""
        for wait in LOOK_WAITS:
            self._pause(wait)
            found = find()
            if found:
                return found
        return None

    def _reply(self, path: str, marker: str) -> int | None:
        for found in self._pages(path, {}):
            if _by_a_bot(found) and _first_line(found) == marker:
                return int(found["id"])
        return None

    def comments(self, since: str) -> Iterator[Comment]:
        """All comments of the repository that changed since a moment (UTC, like 2027-03-14T09:00:00Z; "" for all)."""
        query: dict[str, Any] = {"sort": "created", "direction": "asc", **({"since": since} if since else {})}
        for found in self._pages("/issues/comments", query):
            user = found.get("user") or {}
            yield Comment(
                id=int(found["id"]),
                issue=int(str(found["issue_url"]).rpartition("/")[2]),
                login=str(user.get("login", "")),
                body=str(found.get("body") or ""),
                by_bot=user.get("type") != "User",
                edited=found["created_at"] != found["updated_at"],
            )

    def permission(self, login: str) -> str:
        """The role a person has in the repository at this moment.

        `role_name` tells triage from read, which `permission` does not; of a role that an organisation has made itself only
        `permission` says what it may.
        """
        try:
            found = self._read(f"/collaborators/{quote(login, safe='')}/permission")
            name = str(found.get("role_name", "none"))
            return name if name in ROLES else str(found.get("permission", "none"))
        except GitHubFailed as error:
            if error.status == 404:
                return "none"
            raise

    def update_issue(self, number: int, issue: Issue) -> None:
        """Draw an issue anew, open or closed as it says. Doing it twice changes nothing."""
        state = "open" if issue.open else "closed"
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels), "state": state}
        self._change(f"/issues/{number}", content, "number")

    def _change(self, path: str, content: dict[str, Any], name: str) -> None:
        for wait in (*RETRY_WAITS, None):
            try:
                self._number(self._write("PATCH", path, content), name)
                return
            except _Unknown as error:
                if wait is None:
                    raise GitHubFailed("GitHub did not answer clearly; the next run tries again.") from error
                self._pause(wait)

    def find(self, issue: Issue) -> int | None:
        """By label and the marker on line 1, open or closed, written by a bot: people can imitate the rest."""
        return self._markers(issue.labels[0]).get(issue.marker)

    def _listed(self, issue: Issue) -> int | None:
        """As `find`, in a list that is read once for all that were claimed together."""
        label = issue.labels[0]
        if label not in self._lists:
            self._lists[label] = self._markers(label)
        return self._lists[label].get(issue.marker)

    def _markers(self, label: str) -> dict[str, int]:
        """Marker → number, the oldest where there were two."""
        mine = (found for found in self._issues(label) if _by_a_bot(found) and "pull_request" not in found)
        return {_first_line(found): int(found["number"]) for found in mine}

    def body(self, number: int) -> tuple[str, str]:
        """Its text, and open or closed."""
        found = self._read(f"/issues/{number}")
        return str(found.get("body") or ""), str(found.get("state"))

    def _issues(self, label: str) -> Iterator[dict[str, Any]]:
        query = {"labels": label, "state": "all", "sort": "created", "direction": "desc"}
        yield from self._pages("/issues", query)

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
            except _Unknown as error:
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
            raise _Unknown(type(error).__name__) from error

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


def _by_a_bot(found: Mapping[str, Any]) -> bool:
    return (found.get("user") or {}).get("type") == "Bot"


def _first_line(found: Mapping[str, Any]) -> str:
    return str(found.get("body") or "").split("\n", 1)[0].strip()


def _result(answer: requests.Response, method: str, path: str, kind: type) -> Any:
    status = answer.status_code
    if status >= 500:
        raise _Unknown(f"status {status}")
    if status >= 400:
        remedy = {
            401: "the token is not valid; renew it",
            403: "the token may not do this; give it issues: write and contents: write",
            404: "not found, or the token may not see it; check GITHUB_REPOSITORY and the token",
            410: "the issue was deleted, or issues are switched off in the repository's settings",
        }.get(status, "the request was not accepted")
        raise GitHubFailed(f"GitHub answered {status} to {method} {path or '/'}: {remedy}.", status)
    try:
        found = answer.json()
    except ValueError as error:
        raise _Unknown("an answer that is not JSON") from error
    if not isinstance(found, kind):
        raise _Unknown("an answer of another kind")
    return found
