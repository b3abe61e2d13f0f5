"""In which language the server answers a request: the one its address names, or the one that the browser asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.i18n import speaking

FIXED = ("/auditors", "/status", "/received")  # whoever has such an address without a language in it chose the first


def language_of(request: Request, languages: Sequence[str]) -> str:
    """`languages` are the body's, the first one first. /fr/status/… and /submissions?language=fr name theirs."""
    first, *others = languages
    folder, named = request.url.path.split("/")[1], request.query_params.get("language", "")
    if folder in others:
        return folder
    if named in languages:
        return named
    if request.url.path.startswith(FIXED):
        return first
    return next((code for code in wanted(request.headers.get("accept-language", "")) if code in languages), first)


def wanted(header: str) -> Iterator[str]:
    """Accept-Language (RFC 9110, 12.5.4) → codes of two letters, the best liked first."""
    ranked: list[tuple[float, str]] = []
    for part in header.lower().split(",")[:20]:
        code, _mark, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), code[:2]))
        except ValueError:
            continue
    yield from (code for rank, code in sorted(ranked, key=lambda entry: entry[0]) if rank < 0)


class Speaking:
    """Texts are in the language of the request while it is answered."""

    def __init__(self, app: ASGIApp, languages: Sequence[str]) -> None:
        self.app = app
        self.languages = languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with speaking(language_of(Request(scope), self.languages)):
            await self.app(scope, receive, send)
