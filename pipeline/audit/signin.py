"""Who is at the board: personal links, made anew at every start, exchanged for a cookie that scripts cannot read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from pipeline.cases.people import Person

COOKIE = "auditor"
SESSION = 12 * 3600.0  # seconds


@dataclass
class SignIn:
    """In memory only: a restart ends all sessions and makes all links void."""

    people: tuple[Person, ...]
    clock: Callable[[], float] = time.monotonic
    _links: dict[str, Person] = field(default_factory=dict)
    _sessions: dict[str, tuple[Person, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in self.people:
            self._links[secrets.token_urlsafe(24)] = person

    def links(self) -> list[tuple[Person, str]]:
        """(person, path) for everybody."""
        return [(person, f"/auditors/sign-in/{token}") for token, person in self._links.items()]

    def of_link(self, token: str) -> Person | None:
        return self._links.get(token)

    def open(self, person: Person, request: Request, response: Response) -> None:
        session = secrets.token_urlsafe(24)
        self._sessions[session] = (person, self.clock() + SESSION)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/auditors", secure=secure)

    def who(self, request: Request) -> Person | None:
        person, end = self._sessions.get(request.cookies.get(COOKIE, ""), (None, 0.0))
        return person if self.clock() < end else None

    def close(self, request: Request, response: Response) -> None:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        response.delete_cookie(COOKIE, path="/auditors")


def from_here(request: Request) -> bool:
    """True if the site's own page sent this post, and not another site through the person's browser."""
    origin = request.headers.get("origin", "")
    return origin.partition("://")[2] == request.headers.get("host")
