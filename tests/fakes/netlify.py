"""Netlify's API for forms over real HTTP, as documented: Bearer token, pages of 100 with a Link header, 500 requests a minute.

Lists have the newest first. What is spam is listed with state=spam alone. A site is known by its host's name.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.server import Fake

SITE = "certificates.example"
LARGEST, LIMIT = 100, 500  # submissions a page, requests a minute
OWN = {
    "ip": "203.0.113.9",
    "user_agent": "Mozilla/5.0",
    "referrer": f"https://{SITE}/",
}  # it puts them beside the fields


@dataclass
class FakeNetlify(Fake):
    """`faults`: statuses that the next requests get; 0 drops the connection. `between`: what happens after the n-th request."""

    kind: ClassVar[str] = "netlify"
    key: ClassVar[str] = "test-token"
    endpoint: ClassVar[str] = f"https://{SITE}/thanks/"
    submissions: list[dict[str, Any]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    raw: tuple[str, str] = ("", "")  # what stands in its answers, and with what it is replaced
    between: dict[int, Callable[[], object]] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    remaining: int = LIMIT
    reset: float = 0.0  # when the limit has passed, in seconds since 1970
    too_early: int = 0  # requests while told to wait
    newest_first: bool = True
    links_to: str = ""  # where the Link header leads instead
    same_page: bool = False  # the Link header names the page that it stands on
    other_forms: tuple[str, ...] = ("newsletter",)

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    def no_spam(self, entry: dict[str, Any]) -> None:
        """Somebody looked at it there."""
        entry["state"] = ""

    def receive(
        self, posted: Mapping[str, object], at: object, *, spam: bool = False, form: str = ""
    ) -> dict[str, Any]:
        """A post to the site. Its field form-name says which form it is of."""
        about = posted.get("profile") or posted.get("topic", "")
        number = len(self.submissions) + 1
        entry = {
            "id": f"sub-{number:06}",
            "number": number,
            "form": form or f"{posted.get('kind', 'contact')}-{about}",
            "state": "spam" if spam else "",
            "created_at": at,
            "data": {**posted, **OWN},
        }
        self.submissions.append(entry)
        return entry

    def status(self) -> int:
        """What the next request gets; 0 for nothing."""
        if self.clock() >= self.reset:
            self.remaining, self.reset = LIMIT if self.remaining <= 0 else self.remaining, self.clock() + 60
        if self.remaining <= 0:
            self.too_early += 1
            return 429
        self.remaining -= 1
        return self.faults.pop(0) if self.faults else 200

    def forms(self) -> list[dict[str, Any]]:
        names = sorted({str(entry["form"]) for entry in self.submissions} | set(self.other_forms))
        return [{"id": f"form-{name}", "name": name, "submission_count": 0} for name in names]

    def listed(self, form: str, state: str) -> list[dict[str, Any]]:
        found = [entry for entry in self.submissions if f"form-{entry['form']}" == form and entry["state"] == state]
        found.sort(key=lambda entry: (str(entry["created_at"]), int(entry["number"])), reverse=self.newest_first)
        return [{name: value for name, value in entry.items() if name not in ("form", "state")} for entry in found]


class _Handler(BaseHTTPRequestHandler):
    fake: FakeNetlify

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(int(self.fake.clock()))

    def log_message(self, *_: Any) -> None:
        """Silence."""

    def do_GET(self) -> None:
        fake, place = self.fake, urlsplit(self.path)
        fake.requests.append(self.path)
        status = fake.status()
        if status >= 400:
            self._answer(status, {"code": status, "message": "not now"})
        elif status and self.headers.get("Authorization") != f"Bearer {fake.key}":
            self._answer(401, {"code": 401, "message": "Access Denied"})
        elif status:
            self._list(place.path, dict(parse_qsl(place.query)))
        fake.between.pop(len(fake.requests), lambda: None)()

    def _list(self, path: str, query: dict[str, str]) -> None:
        under = re.fullmatch(r"/api/v1/forms/([^/]+)/submissions", path)
        if path == f"/api/v1/sites/{SITE}/forms":
            self._page(path, query, self.fake.forms())
        elif under and under[1] in [form["id"] for form in self.fake.forms()]:
            self._page(path, query, self.fake.listed(under[1], query.get("state", "")))
        else:
            self._answer(404, {"code": 404, "message": "Not Found"})

    def _page(self, path: str, query: dict[str, str], every: list[dict[str, Any]]) -> None:
        size, page = min(int(query.get("per_page", LARGEST)), LARGEST), int(query.get("page", 1))
        last = max(-(-len(every) // size), 1)

        def link(number: int, name: str) -> str:
            return f'<{self.fake.links_to or self.fake.url}{path}?{urlencode({**query, "page": number})}>; rel="{name}"'

        following = page if self.fake.same_page else page + 1
        links = [link(following, "next"), link(last, "last")] if page < last else []
        self._answer(200, every[size * (page - 1) : size * page], {"Link": ", ".join(links)} if links else {})

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).replace(*self.fake.raw).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(self.fake.remaining),
            "X-RateLimit-Reset": str(int(self.fake.reset)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


FakeNetlify.handler = _Handler
