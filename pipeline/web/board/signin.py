"""Who is at the board: personal links, exchanged for a cookie that scripts cannot read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from pipeline.web.board.invitation import Invitations

COOKIE = "auditor"
SESSION = 12 * 3600.0  # seconds
PATH = "/auditors/sign-in/"
PORTS = {"http": ":80", "https": ":443"}


@dataclass
class SignIn:
    """Sessions are in memory only: a restart ends them. So are the links that `run` prints, which open more than once."""

    invitations: Invitations
    clock: Callable[[], float] = time.monotonic
    _links: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, tuple[str, float]] = field(default_factory=dict)

    def link(self, login: str) -> str:
        """A path for as long as the server runs."""
        token = secrets.token_urlsafe(24)
        self._links[token] = login
        return PATH + token

    def of_link(self, token: str) -> str | None:
        """The login."""
        return self._links.get(token) or self.invitations.login(token)

    def use(self, token: str) -> str | None:
        """The same for good: nobody else gets in by it. Raises StoreFailed."""
        return self._links.get(token) or self.invitations.use(token)

    def open(self, login: str, secure: bool, response: Response) -> None:
        session = secrets.token_urlsafe(24)
        self._sessions[session] = (login, self.clock() + SESSION)
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/auditors", secure=secure)

    def who(self, request: Request) -> str | None:
        login, end = self._sessions.get(request.cookies.get(COOKIE, ""), (None, 0.0))
        return login if self.clock() < end else None

    def close(self, request: Request, response: Response) -> None:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        response.delete_cookie(COOKIE, path="/auditors")


@dataclass(frozen=True)
class Sent:
    """Where a post came from (`origin`), and as what the server was asked (`address`): both with scheme, host and port.

    `site`: the address that the server has from outside. Where it was asked by the site's name, the site alone says by
    which scheme: a TLS proxy may not.
    """

    origin: str
    address: str
    site: str

    @classmethod
    def by(cls, request: Request, site: str) -> Sent:
        scheme, host = request.url.scheme, request.headers.get("host", "").lower()
        return cls(request.headers.get("origin", ""), f"{scheme}://{_named(scheme, host)}", site)

    @property
    def _expected(self) -> str:
        scheme, _separator, host = self.site.partition("://")
        here = _named(scheme, host)
        asked = _named(scheme, self.address.partition("://")[2])
        return f"{scheme}://{here}" if asked == here else self.address

    @property
    def from_here(self) -> bool:
        """The site's own page sent it, and not another site through the person's browser."""
        return self.origin == self._expected

    @property
    def secure(self) -> bool:
        return self._expected.startswith("https:")


def _named(scheme: str, host: str) -> str:
    """Without the port that the scheme has anyway."""
    return host.removesuffix(PORTS.get(scheme, " "))
