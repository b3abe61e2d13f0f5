"""Text is sent compressed, but never a page that holds a secret: its length would tell of it (BREACH)."""

from __future__ import annotations

import re

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"  # packed already


class Compression:
    """`personal` says of a path that it is sent as it is."""

    def __init__(self, app: ASGIApp, personal: re.Pattern[str]) -> None:
        self.app = app
        self.personal = personal
        self.compressing = GZipMiddleware(app, exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, WORD))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = scope["type"] != "http" or bool(self.personal.match(scope["path"]))
        await (self.app if plain else self.compressing)(scope, receive, send)
