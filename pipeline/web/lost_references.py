"""Lost references: somebody gives their address, and hears the same whether or not anything belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipeline.email_address import Address, NotAnAddress
from pipeline.errors import StoreFailed, UnreadableInput
from pipeline.i18n import _
from pipeline.submissions import parsing
from pipeline.web.pages import LOST, Pages
from pipeline.web.rate_limit import Limits, calling
from pipeline.web.request_body import Bodies, heading

MAX_BYTES = 4_000
EACH, OVERALL = 10, 300  # requests an hour: of one caller; of all together those that name an address


@dataclass(frozen=True)
class Lost:
    """`ask` makes the request durable; what belongs to the address is looked up later, not here: the time tells nothing."""

    pages: Pages
    ask: Callable[[Address], None]
    limits: Limits = field(default_factory=lambda: Limits(EACH, OVERALL))
    bodies: Bodies = field(default_factory=Bodies)

    def routes(self) -> list[BaseRoute]:
        return [route for prefix in self.pages.prefixes for route in self._routes(f"{prefix}{LOST}")]

    def _routes(self, path: str) -> list[BaseRoute]:
        return [
            Route(path.rstrip("/"), lambda _request: RedirectResponse(path, 308)),
            Route(path, self.form),
            Route(path, self.asked, methods=["POST"]),
        ]

    def form(self, _request: Request) -> Response:
        return self.pages.lost()

    async def asked(self, request: Request) -> Response:
        wait = self.limits.take(calling(request))
        if wait:
            return self._too_many(wait)
        try:
            async with self.bodies.read(request, MAX_BYTES, _("Write your e-mail address alone.")) as body:
                return await run_in_threadpool(self._answer, body)
        except UnreadableInput as error:
            return self.pages.problem(error.status, heading(error), str(error))

    def _too_many(self, wait: int) -> Response:
        answer = self.pages.problem(429, _("Please wait a little"), _("Too many asked at once. Try it again later."))
        answer.headers["Retry-After"] = str(wait)
        return answer

    def _answer(self, body: bytes) -> Response:
        typed = next(iter(parsing.parse_form(body).get("email", [])), "").strip()
        try:
            address = Address.of(typed)
        except NotAnAddress as error:
            return self.pages.lost(typed=typed, error=str(error))
        if wait := self.limits.admit():
            return self._too_many(wait)
        try:
            self.ask(address)
        except StoreFailed:
            return self.pages.problem(503, _("That did not work"), _("Wait a minute and try it again."))
        return self.pages.lost(asked=True)
