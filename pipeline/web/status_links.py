"""Secret links: what stands behind a reference and its secret. Every wrong one is answered alike, and not at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pipeline.i18n import _
from pipeline.receiving.receive import Desk
from pipeline.submissions import references
from pipeline.web.pages import Pages
from pipeline.web.rate_limit import Limits, calling

DELAY = 0.5  # seconds until a wrong link is answered
WRONG = 20  # links an hour that one caller may try
AROUND = " \t\r\n.,;:!?()[]{}<>\"'“”„‘’«»\u200b\ufeff"  # a link that was copied out of a sentence brings it along
View = Callable[[references.Claim, str], Response]


class _Anything(PathConvertor):
    """Line ends too: no path below the links may fall through to another answer."""

    regex = r"[\s\S]*"


register_url_convertor("anything", _Anything())


@dataclass(frozen=True)
class Links:
    """`failures` counts wrong links alone, and stops no right one: many people can have one address, as behind a proxy,
    and nobody finds one of 2^128 secrets by trying.
    """

    desk: Desk
    pages: Pages
    failures: Limits = field(default_factory=lambda: Limits(WRONG))
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def routes(self) -> list[BaseRoute]:
        pages = self.pages
        received: dict[str, View] = {"": pages.received, "portfolio": pages.received_portfolio}
        status: dict[str, View] = {
            "": pages.status,
            "portfolio": pages.portfolio,
            "interview.ics": pages.interview,
        }
        return [
            Route(f"{prefix}/{name}/{{link:anything}}", self._shown(views))
            for prefix in pages.prefixes
            for name, views in (("received", received), ("status", status))
        ]

    def _shown(self, views: Mapping[str, View]) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            answer = await run_in_threadpool(self._answer, views, request.path_params["link"])
            if answer is not None:
                return answer
            if wait := self.failures.take(calling(request)):
                return self._too_many(wait)
            await self.pause(DELAY)
            return self.pages.no_such_link()

        return show

    def _answer(self, views: Mapping[str, View], link: str) -> Response | None:
        typed, _slash, rest = link.partition("/")
        secret, _slash, name = rest.partition("/")
        name = name.strip(AROUND).lower()
        claim = self._claim(typed, secret)
        return views[name](claim, self.desk.receipts.secret(claim.reference)) if claim and name in views else None

    def _claim(self, typed: str, secret: str) -> references.Claim | None:
        """The case of a link, if reference and secret belong together."""
        reference = references.normalise(self.desk.inbox.prefix, typed)
        if reference is None or not self.desk.receipts.fits(reference, secret):
            return None
        return self.desk.inbox.claimed(reference) or self.desk.complaints.claimed(reference)

    def _too_many(self, wait: int) -> Response:
        message = _(
            "Too many wrong links came from where you are. Compare yours with your confirmation: the right one still opens."
        )
        answer = self.pages.problem(429, _("Please wait a little"), message)
        answer.headers["Retry-After"] = str(wait)
        return answer
