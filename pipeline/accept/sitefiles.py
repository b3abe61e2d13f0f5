"""The built site's files."""

from __future__ import annotations

import os

from starlette.staticfiles import StaticFiles


class SiteFiles(StaticFiles):
    """What is not there is left to the server's own page, which speaks the reader's language: never 404.html as it lies."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return ("", None) if path == "404.html" else super().lookup_path(path)
