"""The repository's visibility, labels, issues and comments on GitHub. Serial, never twice.

What may have been done is looked for before it is done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pipeline.cases.issue_text import Issue
from pipeline.errors import GitHubFailed, Gone, NotPrivate, Unusable
from pipeline.github.http import ARCHIVED_REMEDY, RETRY_WAITS, Client, Unknown, identifier
from pipeline.github.objects import Comment, Shown, comment, first_line, ours, shown

LOOK_WAITS = (2.0, 4.0, 8.0, 16.0, 30.0)  # seconds before each look whether a creation was done: lists lag by seconds
ROLES = ("none", "read", "triage", "write", "maintain", "admin")  # GitHub's own; an organisation may have others
DELETED = (404, 410)  # what GitHub answers for what was deleted, and for much else
T = TypeVar("T")


@dataclass
class GitHub(Client):
    """One repository; `event` is what GITHUB_EVENT_PATH holds, `branch` the branch of the records that is checked out."""

    event: Mapping[str, Any] = field(default_factory=dict)
    branch: str = ""
    _owner: str | None = field(default=None, repr=False)
    _facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _lists: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, branch: str = "") -> GitHub | None:
        """As Actions sets it; None where no GITHUB_REPOSITORY is set. Raises GitHubFailed without a token."""
        repository, token = os.environ.get("GITHUB_REPOSITORY", ""), os.environ.get("GITHUB_TOKEN", "")
        if not repository:
            return None
        if not token:
            raise GitHubFailed(
                "GITHUB_REPOSITORY is set, but GITHUB_TOKEN is not; set both, or neither to work on this machine alone"
            )
        api, event = os.environ.get("GITHUB_API_URL", "https://api.github.com"), _event()
        return cls(api, repository, token, event=event, branch=branch)

    def ensure_private(self) -> None:
        """Raises NotPrivate unless the event and, at this moment, the repository itself say that it is private (D5).

        Raises Unusable where it is archived, or where another branch than its own is checked out: runs on its own branch
        would not see what is recorded there.
        """
        visibility = (self.event.get("repository") or {}).get("visibility", "private")
        if visibility == "private":
            self._facts = self._read("")
            visibility = self._facts.get("visibility")
            self.repository = str(self._facts.get("full_name") or self.repository)  # it may have been renamed
        if visibility != "private":
            raise NotPrivate(
                f"The records repository {self.repository} is {visibility}, not private. Nothing was written. "
                "Make it private in its settings, then run this again."
            )
        if self._facts.get("archived"):
            raise Unusable(ARCHIVED_REMEDY)
        default = str(self._facts.get("default_branch") or self.branch)
        if self.branch and self.branch != default:
            raise Unusable(
                f"The records are checked out on the branch {self.branch}, but the default branch of {self.repository} is "
                f"{default}. Nothing was written. Run git switch {default}, then run this again."
            )

    def ensure_issues(self) -> None:
        """After `ensure_private`, which has asked. Raises Unusable where the repository has no issues at all."""
        if not self._facts.get("has_issues", True):
            raise Unusable(
                f"Issues are switched off in the repository {self.repository}. "
                "Switch them on in its settings (General, Features), then run this again."
            )

    def begin(self, seconds: float) -> None:
        """This run has so much time; lists that were read before are forgotten."""
        self.until = self.clock() + seconds
        self.look_afresh()

    def look_afresh(self) -> None:
        """Called after claims: what runs before this one may have created until then is in a list that is read now."""
        self._lists.clear()

    def open_issue(self, issue: Issue, *, tried: bool) -> tuple[int, bool]:
        """(number of the one issue with this marker, whether it is certain to be as drawn here).

        `tried`: a run before this one may have created it already, and drawn it from what it knew.
        """
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels)}

        def ask(again: bool) -> tuple[int, bool]:
            if again:
                self.look_afresh()
            if (tried or again) and (known := self._listed(issue)):
                return known, False
            return self._create("/issues", content, "number", lambda since: self.find(issue, since))

        return self._sure("", ask)

    def reply(self, number: int, marker: str, body: str, *, tried: bool) -> int:
        """The id of the one comment with this marker on line 1. Raises Gone if somebody has deleted the issue."""
        path = f"/issues/{number}/comments"

        def ask(again: bool) -> int:
            if (tried or again) and (known := self._reply(path, marker)):
                return known
            return self._create(path, {"body": body}, "id", lambda since: self._reply(path, marker, since))[0]

        return self._sure(f"/issues/{number}", ask)

    def change_reply(self, reply: int, body: str) -> bool:
        """Write a comment anew; False if somebody has deleted it. Doing it twice changes nothing."""
        path = f"/issues/comments/{reply}"
        try:
            self._sure(path, lambda _again: self._change(path, {"body": body}, "id"))
        except Gone:
            return False
        return True

    def _sure(self, path: str, ask: Callable[[bool], T]) -> T:
        """One 404 or 410 proves nothing: asked again where what it is about is there; else raises Gone.

        `path`: of that thing; "" for the repository. `ask` is told whether it is asked again.
        """
        try:
            return ask(False)
        except GitHubFailed as error:
            if error.status not in DELETED:
                raise
            if self._gone(path):
                raise Gone(str(error), error.status) from error
        try:
            return ask(True)
        except GitHubFailed as error:
            if path or error.status not in DELETED:
                raise
            raise Unusable(str(error), error.status) from error  # it would refuse every other one too

    def _gone(self, path: str) -> bool:
        """Looked at by itself, in a repository that is there and has issues. Raises Unusable where it is not or has none."""
        try:
            self.ensure_private()
        except GitHubFailed as error:
            if error.status not in DELETED:
                raise
            raise Unusable(str(error), error.status) from error
        self.ensure_issues()
        try:
            self._read(path)
        except GitHubFailed as error:
            if error.status not in DELETED:
                raise
            return True
        return False

    def _create(
        self, path: str, content: dict[str, Any], name: str, find: Callable[[str], int | None]
    ) -> tuple[int, bool]:
        """Create once, whatever comes back: after an answer that says nothing, look for a minute before a second try.

        The second is False of what was found: nobody knows who created it.
        """
        since = self._recently()
        for _attempt in range(2):
            try:
                return identifier(self._write("POST", path, content), name), True
            except Unknown:
                found = self._look_again(find, since)
            if found:
                return found, False
        raise GitHubFailed("GitHub did not answer clearly; the next run looks again.")

    def _look_again(self, find: Callable[[str], int | None], since: str) -> int | None:
        """Lists lag behind writes: look several times before believing that nothing was created.

        Only in what changed `since` a little before: a few, however many there are in all.
        """
        for wait in LOOK_WAITS:
            self._pause(wait)
            found = find(since)
            if found:
                return found
        return None

    def _reply(self, path: str, marker: str, since: str = "") -> int | None:
        for found in self._pages(path, {"since": since} if since else {}):
            same = first_line(str(found.get("body") or "")) == marker
            if same and isinstance(found.get("id"), int) and ours(found, self._login):
                return int(found["id"])
        return None

    def comments(self, since: str) -> Iterator[Comment]:
        """All comments of the repository that changed since a moment (UTC, like 2027-03-14T09:00:00Z; "" for all)."""
        query: dict[str, Any] = {"sort": "created", "direction": "asc", **({"since": since} if since else {})}
        read = (comment(found, self._login) for found in self._pages("/issues/comments", query))
        return (found for found in read if found)

    def _login(self) -> str:
        """Whose token this is, in small letters; "" where it is an app's, as a workflow's own (GET /user: 403). Asked once."""
        if self._owner is None:
            try:
                self._owner = str(self._get(f"{self.api}/user", None, dict).value.get("login", "")).lower()
            except GitHubFailed as error:
                if error.status not in (403, 404):
                    raise
                self._owner = ""
        return self._owner

    def permission(self, login: str) -> str:
        """The role a person has in the repository at this moment.

        `role_name` tells triage from read, which `permission` does not; of a role that an organisation has made itself only
        `permission` says what it may.
        """
        path = f"/collaborators/{quote(login, safe='')}/permission"
        try:
            found = self._sure(path, lambda _again: self._read(path))
        except Gone:
            return "none"
        name = str(found.get("role_name", "none"))
        return name if name in ROLES else str(found.get("permission", "none"))

    def update_issue(self, number: int, issue: Issue) -> None:
        """Draw an issue anew, open or closed as it says. Doing it twice changes nothing. Raises Gone."""
        state = "open" if issue.open else "closed"
        content = {"title": issue.title, "body": issue.body, "labels": list(issue.labels), "state": state}
        path = f"/issues/{number}"
        self._sure(path, lambda _again: self._change(path, content, "number"))

    def _change(self, path: str, content: dict[str, Any], name: str) -> None:
        for wait in (*RETRY_WAITS, None):
            try:
                identifier(self._write("PATCH", path, content), name)
                return
            except Unknown as error:
                if wait is None:
                    raise GitHubFailed("GitHub did not answer clearly; the next run tries again.") from error
                self._pause(wait)

    def find(self, issue: Issue, since: str = "") -> int | None:
        """By label and the marker on line 1, open or closed, written by this program: people can imitate the rest."""
        return self._markers(issue.labels[0], since).get(issue.marker)

    def _listed(self, issue: Issue) -> int | None:
        """As `find`, in a list that is read once for all that were claimed together."""
        label = issue.labels[0]
        if label not in self._lists:
            self._lists[label] = self._markers(label)
        return self._lists[label].get(issue.marker)

    def _markers(self, label: str, since: str = "") -> dict[str, int]:
        """Marker → number, the oldest where there were two."""
        return {found.marker: found.number for found in self.listed(label, since) if found.ours}

    def issue(self, number: int) -> Shown:
        """As it is at this moment. Raises Gone."""
        path = f"/issues/{number}"
        found = shown(self._sure(path, lambda _again: self._read(path)), self._login)
        if found is None:
            raise GitHubFailed("GitHub did not answer clearly; the next run looks again.")
        return found

    def listed(self, label: str, since: str = "") -> Iterator[Shown]:
        """All issues with a label (that changed since a moment), open and closed, the newest first: a hundred a request."""
        query = {"labels": label, "state": "all", "sort": "created", "direction": "desc"}
        read = (
            shown(found, self._login) for found in self._pages("/issues", query | ({"since": since} if since else {}))
        )
        return (found for found in read if found)


def _event() -> Mapping[str, Any]:
    """What the event says; nothing where there is none, or none that can be read."""
    try:
        found = json.loads(Path(os.environ.get("GITHUB_EVENT_PATH") or os.devnull).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
