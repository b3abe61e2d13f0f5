"""Lost references: somebody gives their address, and hears the same whether or not anything belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipeline.accept import raw
from pipeline.accept.limits import Limits
from pipeline.accept.pages import LOST, Pages
from pipeline.errors import StoreFailed, UnreadableInput
from pipeline.mail.address import Address
from pipeline.text import _

MAX_BYTES = 4_000
AN_ADDRESS, OVERALL = 10, 300  # requests an hour


@dataclass(frozen=True)
class Lost:
    """`ask` makes the request durable; what belongs to the address is looked up later, not here: the time tells nothing."""

    pages: Pages
    ask: Callable[[Address], None]
    limits: Limits = field(default_factory=lambda: Limits(AN_ADDRESS, OVERALL))

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
        wait = self.limits.take(request.client.host if request.client else "")
        if wait:
            answer = self.pages.problem(
                429, _("Please wait a little"), _("Too many asked at once. Try it again later.")
            )
            answer.headers["Retry-After"] = str(wait)
            return answer
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BYTES:
                return self.pages.problem(413, _("Too much text"), _("Write your e-mail address alone."))
        return await run_in_threadpool(self._answer, body)

    def _answer(self, body: bytes) -> Response:
        try:
            typed = next(iter(raw.parse_form(body).get("email", [])), "").strip()
        except UnreadableInput as error:
            return self.pages.problem(error.status, _("This could not be read"), str(error))
        address = Address.parse(typed)
        if address is None:
            return self.pages.lost(typed=typed, error=_("write your e-mail address, like name@example.org"))
        try:
            self.ask(address)
        except StoreFailed:
            return self.pages.problem(503, _("That did not work"), _("Wait a minute and try it again."))
        return self.pages.lost(asked=True)
