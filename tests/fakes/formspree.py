"""A Formspree over real HTTP: pages by limit and offset, Basic authentication, order, since, and now and then a fault."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.server import Fake


@dataclass
class FakeFormspree(Fake):
    """`faults`: statuses that the next requests get; 0 drops the connection. `between`: what happens after the n-th request.

    `pages`: it takes notice of `offset`. `most`: entries on a page, whatever was asked for. `lists_spam`: what it answers to
    `spam=true`; "ignored" as if that were not there, a status as a refusal.
    """

    kind: ClassVar[str] = "formspree"
    key: ClassVar[str] = "test-key"
    endpoint: ClassVar[str] = "https://formspree.example/f/abcdwxyz"
    submissions: list[dict[str, Any]] = field(default_factory=list)
    spam: list[dict[str, Any]] = field(default_factory=list)
    lists_spam: Literal["yes", "ignored"] | int = "yes"
    faults: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    raw: tuple[str, str] = ("", "")  # what stands in its answers, and with what it is replaced
    between: dict[int, Callable[[], object]] = field(default_factory=dict)
    pages: bool = True
    most: int = 100

    @property
    def api(self) -> str:
        return f"{self.url}/api/0"

    def receive(self, posted: Mapping[str, object], at: object, spam: bool = False) -> dict[str, Any]:
        """As the provider keeps a post: flat, with its own _date."""
        entry = {**posted, "_date": at}
        (self.spam if spam else self.submissions).append(entry)
        return entry

    def no_spam(self, entry: dict[str, Any]) -> None:
        """Somebody looked at it there."""
        self.spam.remove(entry)
        self.submissions.append(entry)


class _Handler(BaseHTTPRequestHandler):
    fake: FakeFormspree

    def log_message(self, *_: Any) -> None:
        """Silence."""

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        query = dict(parse_qsl(place.query))
        self.fake.requests.append(self.path)
        if self.fake.faults:
            status = self.fake.faults.pop(0)
            if status:
                self._answer(status, {"error": "not now"}, {"Retry-After": "1"})
            return
        expected = "Basic " + base64.b64encode(f":{self.fake.key}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self._answer(401, {"error": "unauthorized"})
        elif place.path != "/api/0/forms/abcdwxyz/submissions":
            self._answer(404, {"error": "no such form"})
        elif "spam" in query and isinstance(self.fake.lists_spam, int):
            self._answer(self.fake.lists_spam, {"error": "not available for this account"})
        else:
            since = query.get("since", "")
            held = query.get("spam") == "true" and self.fake.lists_spam == "yes"
            listed = self.fake.spam if held else self.fake.submissions
            kept = [entry for entry in listed if not entry["_date"] or str(entry["_date"]) >= since]
            kept.sort(key=lambda entry: str(entry["_date"]), reverse=query.get("order", "desc") == "desc")
            first, size = (
                int(query.get("offset", 0)) * self.fake.pages,
                min(int(query.get("limit", 25)), self.fake.most),
            )
            self._answer(200, {"submissions": kept[first : first + size]})
        self.fake.between.pop(len(self.fake.requests), lambda: None)()

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).replace(*self.fake.raw).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


FakeFormspree.handler = _Handler
