"""A GitHub of one repository over real HTTP. It checks every request against GitHub's description, and can misbehave."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes import contract
from tests.fakes.server import Fake

LONGEST_BODY, LONGEST_TITLE, LABELS = 65_536, 256, 100


@dataclass
class Fault:
    """`kind`: 500 or drop (with `done`, after the work was done), not-json, 403-retry-after, 429, 403-remaining, 403, 401."""

    kind: str
    method: str = "POST"
    done: bool = False


@dataclass
class FakeGitHub(Fake):
    """`lag`: how many lists after a creation do not show the new issue yet."""

    repository: str = "body/records"
    visibility: str = "private"
    lag: int = 0
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add_issue(self, content: dict[str, Any], kind: str = "Bot") -> dict[str, Any]:
        number = len(self.issues) + 1
        issue = {
            "number": number,
            "id": number,
            "title": content["title"],
            "body": content.get("body"),
            "state": "open",
            "labels": [{"name": name} for name in content.get("labels", [])],
            "user": {"login": "github-actions[bot]" if kind == "Bot" else "somebody", "type": kind},
            "hidden": self.lag,
        }
        self.issues.append(issue)
        return issue

    def add_comment(
        self,
        number: int,
        login: str,
        body: str,
        kind: str = "User",
        *,
        at: str = "2027-03-14T08:00:00Z",
        edited: bool = False,
    ) -> dict[str, Any]:
        """What somebody writes under an issue; people may write to it by default."""
        comment = {
            "id": 1000 + len(self.comments),
            "body": body,
            "user": {"login": login, "type": kind},
            "issue_url": f"{self.url}/repos/{self.repository}/issues/{number}",
            "created_at": at,
            "updated_at": "2027-03-14T08:30:00Z" if edited else at,
            "hidden": self.lag if kind == "Bot" else 0,
        }
        self.comments.append(comment)
        if kind == "User":
            self.permissions.setdefault(login, "write")
        return comment

    def replies(self) -> list[dict[str, Any]]:
        return [comment for comment in self.comments if comment["user"]["type"] == "Bot"]

    def fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method:
                self.faults.remove(fault)
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGitHub
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait for each other

    def log_message(self, *_: Any) -> None:
        """Silence."""

    def _do(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(size) if size else b""
        with self.fake.lock:
            self._handle(json.loads(data) if data else None)

    do_GET = do_POST = do_PATCH = _do

    def _handle(self, body: Any) -> None:
        place = urlsplit(self.path)
        query = dict(parse_qsl(place.query))
        self.fake.requests.append(f"{self.command} {place.path}")
        self.fake.violations += contract.violations(self.command, place.path, query, body)
        for name in ("Authorization", "User-Agent", "Accept", "X-GitHub-Api-Version"):
            if not self.headers.get(name):
                self.fake.violations.append(f"{self.command} {place.path}: no header {name}")
        fault = self.fake.fault(self.command)
        if fault and fault.done:
            self._result(place.path, query, body)
        if fault:
            self._misbehave(fault)
            return
        status, content = self._result(place.path, query, body)
        self._answer(status, json.dumps(content).encode())

    def _result(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        root = f"/repos/{self.fake.repository}"
        if path == root:
            return 200, {
                "full_name": self.fake.repository,
                "visibility": self.fake.visibility,
                "private": self.fake.visibility == "private",
            }
        if path == f"{root}/issues" and self.command == "GET":
            return 200, self._list(query)
        if path == f"{root}/issues" and self.command == "POST":
            if self._refused(body):
                return 422, {"message": "Validation Failed"}
            return 201, self.fake.add_issue(body)
        allowed = re.fullmatch(re.escape(root) + r"/collaborators/([^/]+)/permission", path)
        if allowed and allowed[1] in self.fake.permissions:
            return 200, {"permission": "read", "role_name": self.fake.permissions[allowed[1]], "user": {}}
        if path == f"{root}/issues/comments":
            since = query.get("since", "")
            return 200, self._page([one for one in self.fake.comments if one["updated_at"] >= since], query)
        under = re.fullmatch(re.escape(root) + r"/issues/(\d+)/comments", path)
        if under and int(under[1]) <= len(self.fake.issues):
            if self.command == "POST":
                if len(body["body"]) > LONGEST_BODY:
                    return 422, {"message": "Validation Failed"}
                return 201, self.fake.add_comment(int(under[1]), "github-actions[bot]", body["body"], "Bot")
            shown = [one for one in self.fake.comments if str(one["issue_url"]).endswith(f"/{under[1]}")]
            return 200, self._page(shown, query)
        numbered = re.fullmatch(re.escape(root) + r"/issues/(\d+)", path)
        if numbered and int(numbered[1]) <= len(self.fake.issues):
            issue = self.fake.issues[int(numbered[1]) - 1]
            if self.command == "PATCH":
                if self._refused(body):
                    return 422, {"message": "Validation Failed"}
                issue.update({name: body[name] for name in ("title", "body", "state") if name in body})
                if "labels" in body:
                    issue["labels"] = [{"name": name} for name in body["labels"]]
            return 200, issue
        return 404, {"message": "Not Found"}

    def _refused(self, body: Any) -> bool:
        long = len(body.get("body") or "") > LONGEST_BODY or len(str(body.get("title", ""))) > LONGEST_TITLE
        return long or len(body.get("labels", [])) > LABELS or any(len(name) > 50 for name in body.get("labels", []))

    def _list(self, query: dict[str, str]) -> list[Any]:
        """Open issues, 30 a page, unless asked otherwise; the newest first."""
        shown = []
        for issue in reversed(self.fake.issues):
            names = {label["name"] for label in issue["labels"]}
            state = query.get("state", "open")
            if state in ("all", issue["state"]) and set(filter(None, query.get("labels", "").split(","))) <= names:
                shown.append(issue)
        return self._page(shown, query)

    def _page(self, every: list[dict[str, Any]], query: dict[str, str]) -> list[Any]:
        """A page, without what is so new that lists do not show it yet."""
        shown = []
        for entry in every:
            if entry["hidden"]:
                entry["hidden"] -= 1
            else:
                shown.append(entry)
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        return shown[size * (page - 1) : size * page]

    def _misbehave(self, fault: Fault) -> None:
        answers = {
            "500": (502, {}, b"<html>Unicorn!</html>"),
            "not-json": (200, {}, b"<html>ok</html>"),
            "403-retry-after": (403, {"Retry-After": "1"}, b'{"message": "You have exceeded a secondary rate limit"}'),
            "429": (429, {}, b'{"message": "Too many requests"}'),
            "403-remaining": (
                403,
                {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800"},
                b'{"message": "API rate limit exceeded"}',
            ),
            "403": (403, {}, b'{"message": "Resource not accessible by integration"}'),
            "401": (401, {}, b'{"message": "Bad credentials"}'),
        }
        if fault.kind == "drop":
            self.close_connection = True
            return
        status, headers, body = answers[fault.kind]
        self._answer(status, body, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


FakeGitHub.handler = _Handler
