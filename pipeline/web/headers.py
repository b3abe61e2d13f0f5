"""The headers of every answer: what a static host cannot send."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PERSONAL = re.compile(r"(/[a-z]{2})?/(status|received|auditors|submissions)")
SECRET = re.compile(r"(/[a-z]{2})?/(status|received)/.")  # the path itself is the secret


class SecurityHeaders:
    """Personal pages are never kept, and never named to another site."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(security_headers(self.policy, scope["path"]))
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def security_headers(content_policy: str, path: str) -> dict[str, str]:
    """What an answer is sent with, by its path."""
    return {
        "Content-Security-Policy": content_policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer" if SECRET.match(path) else "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store" if PERSONAL.match(path) else "no-cache",
    }


def policy(form_action: str = "'self'") -> str:
    return (
        f"default-src 'self'; img-src 'self' data:; form-action {form_action}; base-uri 'none'; object-src 'none'; "
        "frame-ancestors 'none'"
    )
