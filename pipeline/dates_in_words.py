"""A day as people write it, in their language. Needs Babel, which the pipeline's own group does not have."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date


def day(moment: str, spoken: str) -> str:
    """ "2027-03-14T09:00:00Z" → "14 March 2027"."""
    return str(format_date(date.fromisoformat(moment[:10]), "d MMMM y", locale=spoken))
