"""A submission as a Markdown document for reading: submission.md, portfolio.md. It opens no file and trusts no text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.forms import json_schema
from pipeline.i18n import _
from pipeline.submissions.markdown import code, escaped, quoted


def file_name(kind: str) -> str:
    return {json_schema.PORTFOLIO: "portfolio.md", json_schema.CONTACT: "message.md"}.get(kind, "submission.md")


def answer_word(answer: str) -> str:
    return {
        "yes": _("yes"),
        "partly": _("partly"),
        "not_yet": _("not yet"),
        "credited": _("credited"),
    }.get(answer, answer)


def document(schema: Mapping[str, Any], value: Mapping[str, Any], reference: str) -> str:
    """Headings are the form's own; what the person wrote stands in quotes and code spans."""
    lines = [
        f"# {escaped(str(schema['title']))}",
        "",
        _("Reference:") + f" {code(reference)}",
        "",
    ]
    for name, part in schema["properties"].items():
        if part.get("x-widget") == "hidden" or name not in value:
            continue
        lines += ["", f"## {escaped(part.get('title', name))}", ""]
        lines += _answers(part, value[name]) if name == "answers" else _part(part, value[name])
    return "\n".join(lines) + "\n"


def _part(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    if schema.get("x-widget") == "rows":
        for number, row in enumerate(value, 1):
            yield f"**{number}.** {code(str(row['date']))} · {code(str(row['hours']))}"
            yield ""
            yield quoted(str(row["worked_on"]))
            yield ""
    elif schema.get("type") == "object":
        for name, inner in schema["properties"].items():
            if name in value and name != "secret":
                yield f"**{escaped(inner['title'])}**"
                yield ""
                yield from _content(value[name])
    else:
        yield from _content(value)


def _content(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield _("yes") if value else _("no")
    elif isinstance(value, list):
        yield from (f"- {code(str(item))}" for item in value)
    else:
        yield quoted(str(value))
    yield ""


def _answers(schema: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[str]:
    unit = ""
    for statement, rule in schema["properties"].items():
        if rule["x-unit"] != unit:
            unit = rule["x-unit"]
            yield f"### {escaped(unit)} {escaped(rule['x-unit-title'])}"
            yield ""
        given = value.get(statement, {"answer": "credited"})
        yield f"#### {escaped(statement)} {escaped(rule['x-question'])}"
        yield ""
        yield f"**{answer_word(given['answer'])}**"
        yield ""
        if given.get("evidence"):
            yield quoted(given["evidence"])
            yield ""
        for link in given.get("links", []):
            yield f"- {code(link)}"
        yield ""
