"""What GitHub's lists hold: issues and comments, as much of each as is needed here. What lacks that is passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.cases.issue_text import Issue

MARKER = "<!-- "  # begins line 1 of all that this program writes, and of nothing that a person writes by hand


@dataclass(frozen=True)
class Comment:
    """`issue` is the issue's number; `by_bot`: of any program, this one too; `edited`: its text is not what was first written."""

    id: int
    issue: int
    login: str
    body: str
    by_bot: bool
    edited: bool


@dataclass(frozen=True)
class Shown:
    """An issue as it stands on GitHub. `ours`: this program wrote it, and nobody who imitates it."""

    number: int
    title: str
    labels: frozenset[str]
    body: str
    open: bool
    ours: bool

    @property
    def marker(self) -> str:
        return first_line(self.body)

    def shows(self, issue: Issue) -> bool:
        """It is as it was drawn; people may have given it labels of their own beside.

        GitHub takes labels that differ in capitals for the same one, and shows the name that it knows.
        """
        same = (self.title, self.body.strip(), self.open) == (issue.title, issue.body.strip(), issue.open)
        return same and {*map(str.casefold, self.labels)}.issuperset(map(str.casefold, issue.labels))


def shown(found: Mapping[str, Any], login: Callable[[], str]) -> Shown | None:
    """An issue. `login` is asked where somebody's marker has to be told from ours."""
    labels = (one.get("name") if isinstance(one, dict) else one for one in found.get("labels") or ())
    try:
        return Shown(
            number=int(found["number"]),
            title=str(found.get("title") or ""),
            labels=frozenset(map(str, labels)),
            body=_body(found),
            open=found.get("state") == "open",
            ours=ours(found, login) and "pull_request" not in found,
        )
    except (KeyError, TypeError, ValueError):
        return None


def comment(found: Mapping[str, Any], login: Callable[[], str]) -> Comment | None:
    """A comment. `login`: as in `shown`."""
    try:
        return Comment(
            id=int(found["id"]),
            issue=int(str(found["issue_url"]).rpartition("/")[2]),
            login=str(_user(found).get("login", "")),
            body=str(found.get("body") or ""),
            by_bot=_user(found).get("type") != "User" or ours(found, login),
            edited=found["created_at"] != found["updated_at"],
        )
    except (KeyError, TypeError, ValueError):
        return None


def ours(found: Mapping[str, Any], login: Callable[[], str]) -> bool:
    """An app wrote it; or whoever the token belongs to, with a marker on line 1: as a person they write commands beside."""
    if _user(found).get("type") == "Bot":
        return True
    return first_line(_body(found)).startswith(MARKER) and str(_user(found).get("login")).lower() == login()


def first_line(body: str) -> str:
    return body.split("\n", 1)[0].strip()


def _body(found: Mapping[str, Any]) -> str:
    return str(found.get("body") or "").replace("\r\n", "\n")


def _user(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Empty for a person who has left GitHub."""
    user = found.get("user")
    return user if isinstance(user, dict) else {}
