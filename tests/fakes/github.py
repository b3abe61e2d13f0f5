"""A GitHub of one repository over real HTTP. It checks every request against GitHub's description, and can misbehave.

With a virtual clock it counts as GitHub does (80 creations a minute, 500 an hour), and notes who asks while told to wait.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pipeline.timestamps import stamp
from tests.fakes import contract
from tests.fakes.clock import VirtualClock
from tests.fakes.server import Fake

LONGEST_BODY, LONGEST_TITLE, LABELS = 65_536, 256, 100
LIMITS = ((60.0, 80), (3600.0, 500))  # seconds, creations: "Rate limits for the REST API", content creation
UNCLEAR = ("500", "502", "503", "drop", "hang", "not-json", "no-object", "empty-object")
TOLD = (
    "403-retry-after", "403-retry-date", "403-secondary", "403-remaining", "429",
    "403-abuse", "422-too-quickly", "403-reset-past",
)  # fmt: skip
ABUSE = (
    b'{"message": "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."}'
)
TOO_QUICKLY = (
    b'{"message": "Validation Failed", "errors": [{"resource": "Issue", "message": "was submitted too quickly"}]}'
)


SECONDARY = b'{"message": "You have exceeded a secondary rate limit"}'


@dataclass
class Fault:
    """`kind`: one of UNCLEAR (with `done`, after the work was done) or TOLD, 200-remaining (done), 401, 403, 404, 410, 422.

    `path`: what the request's path ends with; "" for any. `about`: what its body has in it. `times`: how often it comes.
    """

    kind: str
    method: str = "POST"
    done: bool = False
    path: str = ""
    about: str = ""
    times: float = 1


@dataclass
class FakeGitHub(Fake):
    """`lag`: how many lists after a creation do not show the new issue yet.

    With a `clock`: `takes` is how long a request takes, `lag_seconds` how long lists do not show what is new, `limits` are
    enforced, and whoever (by token) asks while told to wait is a violation. `wait`: seconds that a told wait lasts.
    `owner`: the person whose token it is; "" where it is an app's. `behind`: seconds that GitHub's clock is behind `clock`.
    `page_size`: the most entries that it puts on a page, whatever it is asked for. `odd`: what else its lists hold.
    `moved`: issues that were transferred to a repository that the token may read and not write.
    """

    repository: str = "body/records"
    visibility: str = "private"
    lag: int = 0
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    clock: VirtualClock | None = None
    takes: float = 0.0
    lag_seconds: float = 0.0
    limits: tuple[tuple[float, int], ...] = ()
    wait: float = 1.0
    told: dict[str, float] = field(default_factory=dict)
    created: deque[float] = field(default_factory=deque)
    deleted: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    has_issues: bool = True
    archived: bool = False
    owner: str = ""
    behind: float = 0.0
    page_size: int = 100
    odd: list[Any] = field(default_factory=list)
    refused: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def now(self) -> float:
        """By its own clock, in seconds since 1970."""
        return (self.clock() if self.clock else time.time()) - self.behind

    def stamp(self, ahead: float = 0.0) -> str:
        return stamp(datetime.fromtimestamp(self.now + ahead, UTC))

    def user(self) -> dict[str, str]:
        """Who writes what is sent with the token."""
        if self.owner:
            return {"login": self.owner, "type": "User"}
        return {"login": "github-actions[bot]", "type": "Bot"}

    def add_issue(self, content: dict[str, Any], kind: str = "Bot") -> dict[str, Any]:
        number = len(self.issues) + 1
        issue = {
            "number": number,
            "id": number,
            "title": content["title"],
            "body": content.get("body"),
            "state": "open",
            "labels": [{"name": name} for name in content.get("labels", [])],
            "user": self.user() if kind == "Bot" else {"login": "somebody", "type": kind},
            "updated_at": self.stamp(),
            "hidden": self.lag,
            "since": self.clock() if self.clock else 0.0,
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
        written = kind == "Bot" or (login == self.owner and body.startswith("<!--"))
        comment = {
            "id": max((int(one["id"]) for one in self.comments), default=999) + 1,
            "body": body,
            "user": {"login": login, "type": kind},
            "issue_url": f"{self.url}/repos/{self.repository}/issues/{number}",
            "created_at": at,
            "updated_at": "2027-03-14T08:30:00Z" if edited else at,
            "hidden": self.lag if written else 0,
            "since": self.clock() if self.clock and written else 0.0,
        }
        self.comments.append(comment)
        if kind == "User":
            self.permissions.setdefault(login, "write")
        return comment

    def replies(self) -> list[dict[str, Any]]:
        ours = [comment for comment in self.comments if comment["user"] == self.user()]
        return [comment for comment in ours if str(comment["body"]).startswith("<!-- reply to")]

    def fault(self, method: str, path: str, body: Any) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and path.endswith(fault.path) and fault.about in str(body):
                fault.times -= 1
                if fault.times < 1:
                    self.faults.remove(fault)
                return fault
        return None

    def arrives(self, token: str, request: str) -> None:
        """Notes a request, and whether it comes while told to wait."""
        self.requests.append(request)
        if self.clock:
            self.clock.sleep(self.takes)
            early = self.told.get(token, 0.0) - self.clock()
            if early > 0:
                self.violations.append(f"{request}: {early:.0f} s before the time it was told to wait for")

    def tell(self, token: str, seconds: float) -> None:
        if self.clock:
            self.told[token] = self.clock() + seconds

    def full(self) -> float | None:
        """Seconds until something may be created again, if one of the limits is reached; else counts one more."""
        if self.clock is None:
            return None
        now = self.clock()
        for seconds, most in self.limits:
            recent = [at for at in self.created if at > now - seconds]
            if len(recent) >= most:
                return recent[-most] + seconds - now
        self.created.append(now)
        return None

    def __exit__(self, *details: object) -> None:
        self.over.set()
        super().__exit__(*details)


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
            hangs = self._handle(json.loads(data) if data else None)
        if hangs:
            self.fake.over.wait(20)
            self.close_connection = True

    do_GET = do_POST = do_PATCH = _do

    @property
    def token(self) -> str:
        return str(self.headers.get("Authorization"))

    def _handle(self, body: Any) -> bool:
        """True if no answer is ever to come."""
        self.more = False
        place = urlsplit(self.path)
        place = place._replace(path=place.path.replace("/repositories/1/", f"/repos/{self.fake.repository}/"))
        query = dict(parse_qsl(place.query))
        self.fake.arrives(self.token, f"{self.command} {place.path}")
        self.fake.violations += contract.violations(self.command, place.path, query, body)
        for name in ("Authorization", "User-Agent", "Accept", "X-GitHub-Api-Version"):
            if not self.headers.get(name):
                self.fake.violations.append(f"{self.command} {place.path}: no header {name}")
        fault = self.fake.fault(self.command, place.path, body)
        if fault:
            return self._faulty(fault, place.path, query, body)
        full = self.fake.full() if self.command == "POST" else None
        if full is not None:
            self.fake.refused += 1
            self.fake.tell(self.token, full)
            self._answer(403, SECONDARY, {"Retry-After": str(int(full) + 1)})
            return False
        status, content = self._result(place.path, query, body)
        headers = {"Location": self.fake.url + content["url"]} if status == 301 else self._following(place.path, query)
        self._answer(status, json.dumps(content).encode(), headers)
        return False

    def _faulty(self, fault: Fault, path: str, query: dict[str, str], body: Any) -> bool:
        status, content = 0, None
        if fault.done or fault.kind == "200-remaining":
            status, content = self._result(path, query, body)
        if fault.kind == "hang":
            return True
        if fault.kind == "200-remaining":
            self.fake.tell(self.token, self.fake.wait)
            self._answer(status, json.dumps(content).encode(), self._spent())
        else:
            self._misbehave(fault)
        return False

    def _spent(self) -> dict[str, str]:
        return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(self.fake.now + self.fake.wait))}

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(int(self.fake.now))

    def _result(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        root = f"/repos/{self.fake.repository}"
        if path == "/user":
            refused = {"message": "Resource not accessible by integration"}
            return (200, self.fake.user()) if self.fake.owner else (403, refused)
        if self.fake.archived and self.command != "GET":
            return 403, {"message": "Repository was archived so is read-only."}
        if path == root:
            return 200, {
                "full_name": self.fake.repository,
                "visibility": self.fake.visibility,
                "private": self.fake.visibility == "private",
                "has_issues": self.fake.has_issues,
                "archived": self.fake.archived,
                "default_branch": "main",
            }
        if path.startswith("/repositories/2/"):
            return 403, {"message": "Resource not accessible by integration"}
        if path.startswith(f"{root}/issues") and not self.fake.has_issues:
            listed = self.command == "GET" and not re.search(r"/\d+$", path)
            return 404 if listed else 410, {"message": "Issues has been disabled in this repository."}
        about = re.match(re.escape(root) + r"/issues/(\d+)", path)
        if about and int(about[1]) in self.fake.deleted:
            return 410, {"message": "This issue was deleted"}
        if about and int(about[1]) in self.fake.moved and self.command != "POST":
            return 301, {"message": "Moved Permanently", "url": f"/repositories/2/issues/{about[1]}"}
        if about and int(about[1]) in self.fake.moved:
            return 404, {"message": "Not Found"}
        return self._at(root, path, query, body)

    def _at(self, root: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if path == f"{root}/issues" and self.command == "GET":
            return 200, self._list(query)
        if path == f"{root}/issues" and self.command == "POST":
            if self._refused(body):
                return 422, {"message": "Validation Failed"}
            return 201, self.fake.add_issue(body)
        allowed = re.fullmatch(re.escape(root) + r"/collaborators/([^/]+)/permission", path)
        if allowed and allowed[1] in self.fake.permissions:
            role = self.fake.permissions[allowed[1]]  # what it folds: GitHub's documentation of this request
            folded = {"triage": "read", "maintain": "write"}.get(role, role)
            may = folded if folded in ("admin", "write", "read", "none") else "write"  # an organisation's own role
            return 200, {"permission": may, "role_name": role, "user": {}}
        if path == f"{root}/issues/comments":
            since = query.get("since", "")
            return 200, self._page([one for one in self.fake.comments if one["updated_at"] >= since], query)
        if one := re.fullmatch(re.escape(root) + r"/issues/comments/(\d+)", path):
            return self._comment(int(one[1]), body)
        under = re.fullmatch(re.escape(root) + r"/issues/(\d+)/comments", path)
        if under and int(under[1]) <= len(self.fake.issues):
            if self.command == "POST":
                if len(body["body"]) > LONGEST_BODY:
                    return 422, {"message": "Validation Failed"}
                return 201, self._comments_on(int(under[1]), body["body"])
            shown = [one for one in self.fake.comments if str(one["issue_url"]).endswith(f"/{under[1]}")]
            return 200, self._page(shown, query)
        numbered = re.fullmatch(re.escape(root) + r"/issues/(\d+)", path)
        if numbered and int(numbered[1]) <= len(self.fake.issues):
            issue = self.fake.issues[int(numbered[1]) - 1]
            if self.command == "PATCH":
                if self._refused(body):
                    return 422, {"message": "Validation Failed"}
                issue["updated_at"] = self.fake.stamp()
                issue.update({name: body[name] for name in ("title", "body", "state") if name in body})
                if "labels" in body:
                    issue["labels"] = [{"name": name} for name in body["labels"]]
            return 200, issue
        return 404, {"message": "Not Found"}

    def _comments_on(self, number: int, text: str) -> dict[str, Any]:
        user = self.fake.user()
        return self.fake.add_comment(number, user["login"], text, user["type"])

    def _comment(self, number: int, body: Any) -> tuple[int, Any]:
        comment = next((comment for comment in self.fake.comments if comment["id"] == number), None)
        if comment is None:
            return 404, {"message": "Not Found"}
        if self.command == "PATCH":
            comment["body"] = body["body"]
        return 200, comment

    def _refused(self, body: Any) -> bool:
        long = len(body.get("body") or "") > LONGEST_BODY or len(str(body.get("title", ""))) > LONGEST_TITLE
        return long or len(body.get("labels", [])) > LABELS or any(len(name) > 50 for name in body.get("labels", []))

    def _list(self, query: dict[str, str]) -> list[Any]:
        """Open issues, 30 a page, unless asked otherwise; the newest first."""
        shown = []
        gone = self.fake.deleted | self.fake.moved
        for issue in reversed([one for one in self.fake.issues if one["number"] not in gone]):
            names = {label["name"] for label in issue["labels"]}
            state = query.get("state", "open")
            if issue["updated_at"] < query.get("since", ""):
                continue
            if state in ("all", issue["state"]) and set(filter(None, query.get("labels", "").split(","))) <= names:
                shown.append(issue)
        return self._page(shown, query)

    def _page(self, every: list[dict[str, Any]], query: dict[str, str]) -> list[Any]:
        """A page, without what is so new that lists do not show it yet."""
        shown: list[Any] = [*self.fake.odd]
        for entry in every:
            if entry["hidden"]:
                entry["hidden"] -= 1
            elif self.fake.clock and self.fake.clock() < entry["since"] + self.fake.lag_seconds:
                continue
            else:
                shown.append(entry)
        size, page = min(int(query.get("per_page", 30)), self.fake.page_size), int(query.get("page", 1))
        self.more = size * page < len(shown)
        return shown[size * (page - 1) : size * page]

    def _following(self, path: str, query: dict[str, str]) -> dict[str, str]:
        """GitHub names the repository by its number there."""
        if not self.more:
            return {}
        place = path.replace(f"/repos/{self.fake.repository}/", "/repositories/1/")
        more = {**query, "page": str(int(query.get("page", 1)) + 1)}
        return {
            "Link": f'<{self.fake.url}{place}?{urlencode(more)}>; rel="next", <{self.fake.url}{place}>; rel="first"'
        }

    def _misbehave(self, fault: Fault) -> None:
        if fault.kind == "drop":
            self.close_connection = True
            return
        if fault.kind in TOLD:
            without_hint = fault.kind not in ("403-retry-after", "403-retry-date", "403-remaining")
            self.fake.tell(self.token, 60.0 if without_hint else self.fake.wait)
        ends = self.fake.now + self.fake.wait
        answers: dict[str, tuple[int, dict[str, str], bytes]] = {
            "500": (500, {}, b"<html>Unicorn!</html>"),
            "502": (502, {}, b"<html>Unicorn!</html>"),
            "503": (503, {}, b""),
            "not-json": (200, {}, b"<html>ok</html>"),
            "no-object": (200, {}, b"null"),
            "empty-object": (201, {}, b"{}"),
            "403-retry-after": (403, {"Retry-After": str(int(self.fake.wait))}, SECONDARY),
            "403-retry-date": (403, {"Retry-After": formatdate(ends, usegmt=True)}, SECONDARY),
            "403-secondary": (403, {}, SECONDARY),
            "429": (429, {}, b'{"message": "Too many requests"}'),
            "403-remaining": (403, self._spent(), b'{"message": "API rate limit exceeded"}'),
            "403-abuse": (403, {}, ABUSE),
            "422-too-quickly": (422, {}, TOO_QUICKLY),
            "403-reset-past": (
                403,
                {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(self.fake.now - 60))},
                b"{}",
            ),
            "403": (403, {}, b'{"message": "Resource not accessible by integration"}'),
            "403-locked": (403, {}, b'{"message": "Unable to create comment because issue is locked."}'),
            "401": (401, {}, b'{"message": "Bad credentials"}'),
            "404": (404, {}, b'{"message": "Not Found"}'),
            "410": (410, {}, b'{"message": "This issue was deleted"}'),
            "422": (422, {}, b'{"message": "Validation Failed", "errors": [{"field": "body", "code": "invalid"}]}'),
        }
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
