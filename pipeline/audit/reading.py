"""Markdown of our own making (issues, submissions) → HTML for the board, as GitHub would show it. Raw HTML stays text."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markupsafe import Markup

AT = "<span>@</span>"  # how markdown.py writes an @ that mentions nobody


def _at(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith(AT, state.pos):
        return False
    if not silent:
        state.push("text", "", 0).content = "@"
    state.pos += len(AT)
    return True


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.inline.ruler.before("html_inline", "at", _at)
    return reader


_READER = _reader()


def to_html(text: str) -> Markup:
    """Without the marker on line 1, which is for programs."""
    if text.startswith("<!--"):
        text = text.partition("\n")[2]
    return Markup(_READER.render(text))
