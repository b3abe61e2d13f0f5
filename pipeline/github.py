"""The repository's visibility, labels, issues and comments on GitHub. Serial, never twice.

What may have been done is looked for before it is done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.audit.issue import Issue
from pipeline.errors import GitHubFailed, NotPrivate
from pipeline.github_client import RETRY_WAITS, Client, Unknown, identifier

LOOK_WAITS = (2.0, 4.0, 8.0, 16.0, 30.0)  # seconds before each look whether a creation was done: lists lag by seconds
ROLES = ("none", "read", "triage", "write", "maintain", "admin")  # GitHub's own; an organisation may have others


@dataclass(frozen=True)
class Comment:
    """`issue` is the issue's number; `edited`: its text is not what was first written."""

    id: int
    issue: int
    login: str
    body: str
    by_bot: bool
    edited: bool


@dataclass
class GitHub(Client):
    """One repository; `event` is what GITHUB_EVENT_PATH holds."""

    event: Mapping[str, Any] = field(default_factory=dict)
    _lists: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

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
        return cls(os.environ.get("GITHUB_API_URL", "https://api.github.com"), repository, token, event=event)

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
                return identifier(self._write("POST", path, content), name)
            except Unknown:
                found = self._look_again(find)
            if found:
                return found
        raise GitHubFailed("GitHub did not answer clearly; the next run looks again.")

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
                identifier(self._write("PATCH", path, content), name)
                return
            except Unknown as error:
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


def _by_a_bot(found: Mapping[str, Any]) -> bool:
    return (found.get("user") or {}).get("type") == "Bot"


def _first_line(found: Mapping[str, Any]) -> str:
    return str(found.get("body") or "").split("\n", 1)[0].strip()
