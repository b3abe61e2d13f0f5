"""The ASGI service: takes submissions, says how it is, serves the built site. No access log, no third party."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from pipeline.errors import AuditBegun, StoreFailed, TooMany, UnreadableInput, WriteFailed
from pipeline.findings import Finding
from pipeline.forms import fields, json_schema
from pipeline.i18n import _, is_number, language, number, speaking
from pipeline.receiving.closed_cases import title
from pipeline.receiving.receive import Desk, Receipt, accept
from pipeline.submissions import parsing
from pipeline.web.compression import WORD, Compression
from pipeline.web.headers import PERSONAL, SecurityHeaders, policy, security_headers
from pipeline.web.language import Speaking, language_of
from pipeline.web.pages import Pages, Typed
from pipeline.web.rate_limit import Limits, calling
from pipeline.web.request_body import Bodies, heading
from pipeline.web.sitefiles import SiteFiles
from pipeline.web.write_probe import Writable

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True)
class Service:
    """`arrived` is called after every delivery (the doorbell); `health` says what is wrong now, by part."""

    desk: Desk
    limits: Limits
    pages: Pages
    arrived: Callable[[], None]
    health: Callable[[], dict[str, object]]
    writable: Writable
    bodies: Bodies = field(default_factory=Bodies)

    @property
    def languages(self) -> tuple[str, ...]:
        return self.desk.judge.data.organization.languages

    @property
    def max_bytes(self) -> int:
        data = self.desk.judge.data
        return max(
            fields.max_bytes(json_schema.form_schema(data, kind, about)) for kind, about in json_schema.form_kinds(data)
        )

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/submissions", self.submit, methods=["POST"]),
            Route("/submissions", self.nothing_sent),
            Route("/health", self.healthy),
            Route("/ready", self.ready),
        ]

    async def submit(self, request: Request) -> Response:
        """201, 303, 422 and the rest: see docs/for-auditors and the README's table of answers."""
        wait = self.limits.take(calling(request))
        if wait:
            return self._too_many(request, wait)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in (FORM, JSON):
            message = _("Send the form as it is, or JSON. Files cannot be read here.")
            return self._problem(request, 415, _("This kind of content is not read"), message)
        too_much = _("What you sent is larger than {limit} bytes. Shorten the longest texts, then send it again.")
        limit = self.max_bytes
        try:
            async with self.bodies.read(request, limit, too_much.format(limit=number(limit))) as body:
                return await run_in_threadpool(self._answer, request, content_type, body)
        except UnreadableInput as error:
            return self._problem(request, error.status, heading(error), str(error))

    def _too_many(self, request: Request, wait: int, typed: Typed = ()) -> Response:
        message = _("Too much was sent at once. Nothing is wrong with what you wrote: wait and send it again.")
        answer = self._problem(request, 429, _("Please wait a little"), message, typed)
        answer.headers["Retry-After"] = str(wait)
        return answer

    def _answer(self, request: Request, content_type: str, body: bytes) -> Response:
        if content_type == JSON:
            value = parsing.parse_json(body)
            with speaking(self._language(value.get("language") if isinstance(value, dict) else "")):
                return self._answer_json(request, value)
        form = parsing.parse_form(body)
        with speaking(self._language(_first(form, "language"))):
            return self._answer_form(request, form)

    def _language(self, named: object) -> str:
        """The one that a submission names; if the body does not have it, that of the request."""
        return str(named) if named in self.languages else language.get()

    def _answer_json(self, request: Request, value: Any) -> Response:
        suspicious = isinstance(value, dict) and bool(value.pop(parsing.HONEYPOT, None))
        result = self._accept(request, value, suspicious)
        if isinstance(result, Response):
            return result
        if isinstance(result, list):
            return problem_json(422, _("Some things are to be mended"), findings=result)
        self.arrived()
        content: dict[str, Any] = {"reference": result.reference, "kind": result.kind, "about": result.about}
        if not result.secret:
            return JSONResponse({**content, "detail": self.pages.again_words(result.reference)}, 200)
        path = f"{self.pages.prefix}/status/{result.reference}/{result.secret}"
        claim = self.desk.inbox.claimed(result.reference)
        content |= {"status": path, **(self.pages.told(claim, result.kind) if claim else {})}
        return JSONResponse(content, 201, headers={"Location": path})

    def _answer_form(self, request: Request, form: dict[str, list[str]]) -> Response:
        suspicious = any(form.get(parsing.HONEYPOT, []))
        named = {"kind": _first(form, "kind"), "profile": _first(form, "profile"), "topic": _first(form, "topic")}
        about = named["topic"] if named["kind"] == json_schema.CONTACT else named["profile"]
        schema = self.desk.judge.schema(
            {**named, "version": _first(form, "version"), "profile_hash": _first(form, "profile_hash")}
        )
        if isinstance(schema, Finding):
            return self._problem(request, 422, _("This form is not known here"), schema.message)
        value, rows = parsing.unflatten(schema, form)
        result = self._accept(request, value, suspicious, about, parsing.typed(schema, form))
        if isinstance(result, Response):
            return result
        if isinstance(result, list):
            found = [as_in_form(finding, schema, rows) for finding in result]
            return self.pages.form(named["kind"], about, form, found, 422)
        self.arrived()
        if not result.secret:
            return self.pages.again(result.reference)
        receipt = f"{self.pages.prefix}/received/{result.reference}/{result.secret}"
        return RedirectResponse(f"{receipt}/portfolio" if result.kind == json_schema.PORTFOLIO else receipt, 303)

    def _accept(
        self, request: Request, value: Any, suspicious: bool, about: str = "", typed: Typed = ()
    ) -> Receipt | list[Finding] | Response:
        """`about` and `typed` are known of a form post: its page shows what was typed, where it is not kept."""
        try:
            return accept(self.desk, value, suspicious=suspicious, admit=self._admit)
        except TooMany as error:
            return self._too_many(request, error.wait, typed)
        except AuditBegun as error:
            if self._read_by_people(request):
                return self.pages.late(error, about, typed)
            return problem_json(409, title(error), detail=str(error))
        except StoreFailed as error:
            if isinstance(error, WriteFailed):
                self.writable.failed(error, int(request.headers.get("content-length", "0")))
            message = _(
                "What you sent could not be kept just now. Keep this page open, wait a minute and send it again."
            )
            return self._problem(request, 503, _("Not received"), message, typed)

    def _admit(self) -> None:
        if wait := self.limits.admit():
            raise TooMany(wait)

    def _problem(self, request: Request, status: int, title: str, message: str, typed: Typed = ()) -> Response:
        if self._read_by_people(request):
            return self.pages.problem(status, title, message, typed)
        return problem_json(status, title, detail=message)

    @staticmethod
    def _read_by_people(request: Request) -> bool:
        """A browser sent a form, and shows what comes back."""
        return "text/html" in request.headers.get("accept", "") and JSON not in request.headers.get("content-type", "")

    def nothing_sent(self, request: Request) -> Response:
        """Somebody typed the address, or loaded the page of errors again from it."""
        message = _(
            "This address only takes what a form sends. Open the form again; your browser may still have what you typed."
        )
        return self._only(self.pages.problem(405, _("Nothing was sent"), message), "POST")

    def other_method(self, _request: Request, _error: Exception) -> Response:
        """Of every address that only shows something."""
        message = _(
            "This address does not take what was sent to it. Go back, open the form again and send it from there."
        )
        return self._only(self.pages.problem(405, _("Not received"), message), "GET, HEAD")

    @staticmethod
    def _only(answer: Response, methods: str) -> Response:
        answer.headers["Allow"] = methods
        return answer

    def _accepting(self) -> dict[str, object]:
        reason = self.writable.trouble()
        return {"accepting": False, "reason": reason} if reason else {"accepting": True}

    def healthy(self, request: Request) -> Response:
        """200 as long as this runs: the site and the status pages are there also while nothing can be kept."""
        return JSONResponse({**self._accepting(), **self.health()})

    def ready(self, request: Request) -> Response:
        """200 as long as submissions can be kept."""
        accepting = self._accepting()
        return JSONResponse(accepting, 200 if accepting["accepting"] else 503)


def _first(form: parsing.Form, name: str) -> str:
    return next(iter(form.get(name, [])), "")


def as_in_form(finding: Finding, schema: dict[str, Any], rows: dict[int, int]) -> Finding:
    """The finding's row as the form numbers it: blank rows were left out of the value."""
    parts = finding.pointer.split("/")
    if len(parts) < 3 or parts[1] != "log" or not is_number(parts[2]):
        return finding
    parts[2] = str(rows.get(int(parts[2]), int(parts[2])))
    place = "/".join(parts)
    return replace(finding, pointer=place, label=fields.label(schema, place))


def problem_json(status: int, title: str, **more: Any) -> Response:
    """RFC 9457."""
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, **more}
    if "findings" in more:
        content["findings"] = [{"pointer": f.pointer, "label": f.label, "message": f.message} for f in more["findings"]]
    return JSONResponse(content, status, media_type="application/problem+json")


def application(
    service: Service,
    more: Sequence[BaseRoute],
    site: str,
    site_origin: str,
    background: Sequence[Callable[[], Awaitable[None]]],
) -> Starlette:
    """`site` is the folder of the built site; what is in `background` runs for as long as the service does."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        tasks = [asyncio.ensure_future(work()) for work in background]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def not_found(request: Request, _error: Exception) -> Response:
        message = _("The address is mistyped, or the page has moved. Start from the home page.")
        return service.pages.problem(404, _("There is no such page"), message)

    async def failed(request: Request, _error: Exception) -> Response:
        with speaking(language_of(request, service.languages)):  # this one is called outside of all middleware
            message = _("Something went wrong on our side. Keep what you wrote, wait a minute and try again.")
            answer = HTMLResponse(service.pages.problem(500, _("That did not work"), message).body, 500)
            answer.headers.update(security_headers(policy(), request.url.path))
            return answer

    async def damaged(request: Request, error: Exception) -> Response:
        message = _("What is kept of this case cannot be read just now. Nothing is lost; tell us, or try again later.")
        if isinstance(error, WriteFailed):
            message = _("Nothing can be recorded just now, and nothing was. Wait a minute and try it again.")
        return service.pages.problem(503, _("That did not work"), message)

    mimetypes.add_type(WORD, ".docx")  # not every machine knows it
    return Starlette(
        routes=[*service.routes(), *more, Mount("/", SiteFiles(directory=site, html=True))],
        middleware=[
            Middleware(SecurityHeaders, policy=policy()),
            Middleware(Speaking, languages=service.languages),
            Middleware(
                CORSMiddleware, allow_origins=[site_origin], allow_methods=["POST"], allow_headers=["content-type"]
            ),
            Middleware(Compression, personal=PERSONAL),
        ],
        exception_handlers={404: not_found, 405: service.other_method, 500: failed, StoreFailed: damaged},
        lifespan=lifespan,
    )
