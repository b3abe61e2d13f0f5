"""The only module that speaks to GitHub: the repository's visibility, labels, issues. Serial, patient, never twice.

Limits and good manners: GitHub REST API documentation, "Best practices" and "Rate limits" (2022-11-28).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from pipeline.audit.issue import Issue
from pipeline.errors import GitHubFailed, NotPrivate, RateLimited

BETWEEN_WRITES = 1.0  # seconds, at least
TIMEOUT = (10, 30)  # seconds to connect, seconds to wait for an answer
RELIST_WAITS = (2.0, 4.0, 8.0)  # seconds before each look whether a write of unknown outcome was done
WAIT_LIMIT = 60.0  # seconds this run waits for a limit to pass; longer is left to the next run


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

    Every method may raise RateLimited (the next run goes on) and GitHubFailed.
    """

    api: str
    repository: str
    token: str
    event: Mapping[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    _last_write: float = field(default=0.0, repr=False)
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

    def open_issue(self, issue: Issue, *, tried: bool) -> int:
        """The number of the one issue with this marker. `tried`: a run before this one may have created it already."""
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels)}
        return self._create("/issues", content, "number", lambda: self.find(issue), tried)

    def reply(self, number: int, marker: str, body: str, *, tried: bool) -> int:
        """The id of the one comment with this marker on line 1."""
        path = f"/issues/{number}/comments"
        return self._create(path, {"body": body}, "id", lambda: self._reply(path, marker), tried)

    def _create(
        self, path: str, content: dict[str, Any], name: str, find: Callable[[], int | None], tried: bool
    ) -> int:
        """Create once, whatever comes back: after an answer that says nothing, look before doing it again."""
        found = find() if tried else None
        for wait in (*RELIST_WAITS, None):
            if found:
                return found
            try:
                return int(self._write("POST", path, content)[name])
            except _Unknown as error:
                if wait is None:
                    raise GitHubFailed("GitHub did not answer clearly; the next run looks again.") from error
                found = self._look_again(find)
        raise GitHubFailed("GitHub did not answer clearly; the next run looks again.")

    def _look_again(self, find: Callable[[], int | None]) -> int | None:
        """Lists lag behind writes: look several times before believing that nothing was created."""
        for wait in RELIST_WAITS:
            self.sleep(wait)
            found = find()
            if found:
                return found
        return None

    def _reply(self, path: str, marker: str) -> int | None:
        for found in self._pages(path, {}):
            mine = str(found.get("body") or "").split("\n", 1)[0].strip() == marker
            if mine and (found.get("user") or {}).get("type") == "Bot":
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
        """The role a person has in the repository at this moment (`role_name`: `permission` folds triage into read)."""
        try:
            return str(self._read(f"/collaborators/{quote(login, safe='')}/permission").get("role_name", "none"))
        except GitHubFailed as error:
            if error.status == 404:
                return "none"
            raise

    def update_issue(self, number: int, issue: Issue) -> None:
        """Draw an issue anew, open or closed as it says. Doing it twice changes nothing."""
        state = "open" if issue.open else "closed"
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels), "state": state}
        for wait in (*RELIST_WAITS, None):
            try:
                self._write("PATCH", f"/issues/{number}", content)
                return
            except _Unknown as error:
                if wait is None:
                    raise GitHubFailed("GitHub did not answer clearly; the next run tries again.") from error
                self.sleep(wait)

    def find(self, issue: Issue) -> int | None:
        """By label and the marker on line 1, open or closed, written by a bot: people can imitate the rest."""
        for found in self._issues(issue.labels[0]):
            mine = (found.get("body") or "").split("\n", 1)[0].strip() == issue.marker
            if mine and (found.get("user") or {}).get("type") == "Bot" and "pull_request" not in found:
                return int(found["number"])
        return None

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
            found = self._read(path, {**query, "per_page": 100, "page": page})
            yield from found
            if len(found) < 100:
                return
            page += 1

    def _read(self, path: str, query: dict[str, Any] | None = None) -> Any:
        for wait in (*RELIST_WAITS, None):
            try:
                return self._request("GET", path, query=query)
            except _Unknown as error:
                if wait is None:
                    raise GitHubFailed(f"GitHub did not answer ({error}); the next run tries again.") from error
                self.sleep(wait)

    def _write(self, method: str, path: str, content: dict[str, Any]) -> Any:
        pause = self._last_write + BETWEEN_WRITES - self.clock()
        if pause > 0:
            self.sleep(pause)
        try:
            return self._request(method, path, content=content)
        finally:
            self._last_write = self.clock()

    def _request(
        self, method: str, path: str, *, query: dict[str, Any] | None = None, content: dict[str, Any] | None = None
    ) -> Any:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "certificate-pipeline",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        url = f"{self.api}/repos/{self.repository}{path}"
        while True:
            try:
                answer = self._session.request(
                    method, url, params=query, json=content, headers=headers, timeout=TIMEOUT
                )
            except requests.RequestException as error:
                raise _Unknown(type(error).__name__) from error
            wait = limited(answer, self.clock())
            if wait is None:
                return _result(answer, method, path)
            if wait > WAIT_LIMIT:
                raise RateLimited(wait)
            self.sleep(wait)


def limited(answer: requests.Response, now: float) -> float | None:
    """Seconds to wait if the answer is a limit; None if it is something else (not every 403 is a limit)."""
    if answer.status_code not in (403, 429):
        return None
    after = answer.headers.get("Retry-After", "")
    if after.isdigit():
        return float(after) + 1
    if after:
        try:
            return max(parsedate_to_datetime(after).timestamp() - now, 0) + 1
        except ValueError:
            return 60.0
    if answer.headers.get("x-ratelimit-remaining") == "0":
        reset = answer.headers.get("x-ratelimit-reset", "")
        return max(float(reset) - now, 0) + 1 if reset.isdigit() else 60.0
    if answer.status_code == 429 or "rate limit" in answer.text.lower():
        return 60.0
    return None


def _result(answer: requests.Response, method: str, path: str) -> Any:
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
        return answer.json()
    except ValueError as error:
        raise _Unknown("an answer that is not JSON") from error
