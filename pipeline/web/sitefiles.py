"""The built site's files."""

from __future__ import annotations

import os
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class SiteFiles(StaticFiles):
    """What is not there is left to the server's own page, which speaks the reader's language: never 404.html as it lies."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return ("", None) if path == "404.html" else super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A folder leads to its page on the same host, whatever the request called it."""
        answer = await super().get_response(path, scope)
        if isinstance(answer, RedirectResponse):
            query = scope["query_string"].decode("latin-1")
            answer.headers["location"] = f"/{quote(scope['path'].strip('/'))}/{f'?{query}' if query else ''}"
        return answer
