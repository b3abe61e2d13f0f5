"""What one can write to the body about, beside applying."""

from __future__ import annotations

from pipeline.data.model import Data
from pipeline.i18n import _

COMPLAINTS = ("complaint", "appeal")  # kept apart from everything else


def every(data: Data) -> list[str]:
    """What one can write about; a profile that is not open yet is one of them (F13)."""
    closed = [profile.id for profile in data.profiles if not profile.open]
    return ["question", "scholarship", "provider", *closed, *COMPLAINTS]


def title(data: Data, topic: str) -> str:
    profile = data.profile(topic)
    if profile:
        return _("Ask for the {name}").format(name=profile.name)
    return {
        "question": _("Ask a question"),
        "scholarship": _("Ask about a scholarship"),
        "provider": _("Ask for recognition as an education provider"),
        "complaint": _("Make a complaint"),
        "appeal": _("Appeal against a decision"),
    }[topic]
