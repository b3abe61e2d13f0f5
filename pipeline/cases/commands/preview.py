"""/preview: what the command below it would do. Records nothing."""

from __future__ import annotations

from pipeline.cases.command import Call, Command, wrong
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _

NAME = "preview"
USAGE = "/preview, and below it the command"


def read(_work: Work, _call: Call) -> Act | Refusal:
    """The command below it was looked at in its place: decisions.py."""
    return wrong(USAGE)


def would(call: Call) -> Call | None:
    """The command that stands below, with the lines that belong to it."""
    if call.words or not call.more or call.more[0].name == NAME:
        return None
    return Call(call.more[0].name, call.more[0].words, call.more[1:])


def said(call: Call, words: str) -> str:
    if call.name == "finding":
        return _("Would record {findings} Nothing is recorded.").format(findings=words)
    return _("It would say: {words} Nothing is recorded.").format(words=words)


COMMAND = Command(
    NAME,
    USAGE,
    "/preview",
    lambda: _("says what the command below it would do, and records nothing"),
    read,
)
