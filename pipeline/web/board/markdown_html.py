"""Markdown of our own making (issues, submissions) → HTML for the board, as GitHub would show it. Raw HTML stays text."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markupsafe import Markup

TAG = re.compile(r"</?span>")  # how markdown.py parts what GitHub would read a meaning into; a stranger's < is escaped


def _tag(state: StateInline, silent: bool) -> bool:
    found = TAG.match(state.src, state.pos)
    if found is None:
        return False
    state.pos = found.end()
    return True


def _aligned(state: StateCore) -> None:
    """How a table's column is set, as a class: a style of an element's own is against the policy of the pages."""
    for token in state.tokens:
        style = token.attrs.pop("style", None)
        if style == "text-align:right":
            token.attrSet("class", "end")


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.inline.ruler.before("html_inline", "span", _tag)
    reader.core.ruler.push("aligned", _aligned)
    return reader


_READER = _reader()


def to_html(text: str, highest: int = 0) -> Markup:
    """Without the marker on line 1, which is for programs. `highest`: the level of its highest heading on the page."""
    if text.startswith("<!--"):
        text = text.partition("\n")[2]
    tokens = _READER.parse(text)
    headings = [token for token in tokens if token.type.startswith("heading_")]
    lower = highest - min((int(token.tag[1:]) for token in headings), default=highest) if highest else 0
    for token in headings:
        token.tag = f"h{int(token.tag[1:]) + lower}"
    return Markup(_READER.renderer.render(tokens, _READER.options, {}))
