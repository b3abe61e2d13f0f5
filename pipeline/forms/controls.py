"""The building stones of a form's schema: JSON Schema with what a page has to know beside it (see json_schema.py)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def object_(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def group(title: str, properties: Schema, required: list[str], hint: str = "") -> Schema:
    return {"title": title, **({"description": hint} if hint else {}), **object_(properties, required)}


def hidden(rule: Schema, value: str | None = None) -> Schema:
    return {**rule, "x-widget": "hidden", **({"default": value} if value is not None else {})}


def text(title: str, limit: int, *, widget: str = "text", what: str = "", hint: str = "", **more: Any) -> Schema:
    """`limit` in Unicode code points after CRLF → LF."""
    schema: Schema = {"title": title, "type": "string", "maxLength": limit, "x-widget": widget}
    if what:
        schema["x-what"] = what
    if hint:
        schema["description"] = hint
    return {**schema, **{name.replace("x_", "x-"): value for name, value in more.items()}}


def checkbox(title: str, missing: str = "") -> Schema:
    rule: Schema = {"const": True, "x-missing": missing} if missing else {"type": "boolean"}
    return {"title": title, **rule, "x-widget": "checkbox"}
