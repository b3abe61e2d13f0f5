"""What the answer of a server says of time: what o'clock it is there, and how long to wait. For GitHub and form providers.

GitHub REST API documentation, "Rate limits" and "Best practices" (2022-11-28); RFC 9110, `Date` and `Retry-After`.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

import requests

NO_HINT = 60.0  # seconds to wait where there is a limit, and nothing that says how long; doubled each time
TOO_QUICKLY = "was submitted too quickly"  # what GitHub says with 422
SIGNS = (TOO_QUICKLY, "rate limit", "abuse detection")  # in the text of a refusal that is a limit


def limited(answer: requests.Response, now: float, asked: int = 0) -> float | None:
    """Seconds to wait if the answer is a limit; None if it is something else (not every 403 is a limit).

    `now` is used where the answer has no time of its own. `asked`: how often this request has been told to wait before;
    without a hint, or with one that is over already, the wait doubles each time.
    """
    status, words = answer.status_code, answer.text.lower()
    if status not in (403, 422, 429) or (status == 422 and TOO_QUICKLY not in words):
        return None
    no_hint = NO_HINT * 2**asked
    after = answer.headers.get("Retry-After", "")
    if after:
        now = served_at(answer) or now
        seconds = float(after) if _is_number(after) else (_moment(after) or now) - now
        return seconds + 1 if seconds > 0 else no_hint
    if _spent(answer):
        return exhausted(answer, now) or no_hint
    return no_hint if status == 429 or any(sign in words for sign in SIGNS) else None


def exhausted(answer: requests.Response, now: float) -> float:
    """Seconds until the server may be asked again, if this request was the last of the hour; else 0."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    if not _spent(answer) or not _is_number(reset):
        return 0.0
    return max(float(reset) + 1 - (served_at(answer) or now), 0.0)


def served_at(answer: requests.Response) -> float | None:
    """When it was answered by the server's own clock, in seconds since 1970; None where it does not say."""
    return _moment(answer.headers.get("Date", ""))


def _spent(answer: requests.Response) -> bool:
    return answer.headers.get("x-ratelimit-remaining") == "0"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _moment(text: str) -> float | None:
    """An HTTP date as seconds since 1970; None if it is none."""
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
