"""JSON Schema (2020-12) → findings in plain words. The one place that knows jsonschema's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from pipeline.findings import Finding, pointer
from pipeline.i18n import _, ascii_digits, number
from pipeline.natural_order import in_order

Labels = Callable[[str], str]
"""Gives the words by which a person knows the field at a JSON Pointer."""


@lru_cache(maxsize=64)
def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def data_schema(schemas: Path, name: str) -> dict[str, Any]:
    """The hand-written schema of a file in data/ or of a record: schemas/data/<name>.schema.json."""
    return _load(schemas / "data" / f"{name}.schema.json")


MOST = (
    1_000  # findings: more than the largest form has fields; who sends nonsense by the megabyte is not told all of it
)


def _items(validator: Any, items: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """Of a list that is too long, which is told once, only as many entries as it may have: nobody reads the millionth."""
    most = schema.get("maxItems")
    if isinstance(instance, list) and most is not None and len(instance) > most:
        instance = instance[:most]
    yield from Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)


_Validator = validators.extend(Draft202012Validator, {"items": _items})  # type: ignore[no-untyped-call]


def check(schema: dict[str, Any], value: Any, label: Labels) -> list[Finding]:
    """All findings of a value (MOST at most), each at the place where it is to be mended."""
    every = (finding for error in _Validator(schema).iter_errors(value) for finding in _explain(error, label))
    return in_order(set(islice(every, MOST)))


def last_name(place: str) -> str:
    """The plainest label: the last part of the pointer."""
    return place.rpartition("/")[2] or _("File")


def _explain(error: ValidationError, label: Labels) -> Iterator[Finding]:
    path = list(error.absolute_path)
    schema, wanted, value = _parts(error)
    if error.validator == "required":
        missing = [name for name in wanted if name not in value]
        for name in missing:
            place = pointer([*path, name])
            remedy = schema.get("properties", {}).get(name, {}).get("x-missing")
            yield Finding(place, label(place), remedy or _("is missing; add it"))
        return
    if error.validator == "additionalProperties" and isinstance(wanted, bool):
        for name in value:
            if name not in schema.get("properties", {}):
                place = pointer([*path, name])
                known = ", ".join(schema.get("properties", {}))
                yield Finding(
                    place,
                    label(place),
                    _("is not known here; remove it, or use one of: {known}").format(known=known[:300]),
                )
        return
    if error.validator == "anyOf" and error.context:
        yield from _explain(_nearest(error), label)
        return
    yield Finding(pointer(path), label(pointer(path)), _message(error))


def _nearest(error: ValidationError) -> ValidationError:
    """Of the errors of all alternatives, one that has the value's own type."""
    context = error.context or []
    return next((inner for inner in context if inner.validator not in ("type", "enum")), context[0])


def _type_name(name: str) -> str:
    return {
        "string": _("text in quotes"),
        "integer": _("a whole number"),
        "number": _("a number"),
        "boolean": _("true or false"),
        "array": _("a list"),
        "object": _("a group of fields"),
        "null": _("null"),
    }.get(name, name)


def _parts(error: ValidationError) -> tuple[Any, Any, Any]:
    """The schema, what its rule asks for, and the value that does not fit."""
    return error.schema, error.validator_value, error.instance


def remedy(schema: dict[str, Any], rule: str, now: str = "{now}") -> str:
    """What to do about a text too long, lines or a number too many, or another form; `now` is how much there is.

    Forms carry it with `{now}` left open, so that a page says the same as a server.
    """
    what = schema.get("x-what")
    if rule == "maxLength":
        message = _("write {what} in {limit} characters or fewer (now {now})")
        return message.format(what=what or _("it"), limit=number(schema["maxLength"]), now=now)
    if rule == "maxItems":
        message = _("give {limit} {what} or fewer (now {now})")
        return message.format(limit=schema["maxItems"], what=what or _("entries"), now=now)
    if rule == "maximum":
        return _("must be a number {relation} {limit}").format(relation=_("up to"), limit=schema["maximum"])
    told = str(schema.get("$comment", "")).removeprefix("remedy: ")
    return told or _("does not have the expected form")


def _message(error: ValidationError) -> str:
    rule = str(error.validator)
    schema, wanted, value = _parts(error)
    missing = schema.get("x-missing")
    if "x-widget" in schema and schema.get("type") != "array" and isinstance(value, list) and len(value) > 1:
        return _("was sent twice; send it once")
    if (missing and rule in ("type", "minLength", "enum", "const", "exclusiveMinimum")) or (
        missing and value in ("", None)
    ):
        return str(missing)
    if rule == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        return _("must be {kind}").format(kind=_(" or ").join(_type_name(name) for name in names))
    if rule == "enum":
        return _("is not one of the choices; use {choices}").format(choices=", ".join(str(choice) for choice in wanted))
    if rule == "const":
        return _("must be {value}").format(value=json.dumps(wanted))
    if rule == "minLength":
        return _("is empty; write it") if wanted == 1 else _("write at least {limit} characters").format(limit=wanted)
    foreign = rule == "pattern" and any(sign.isdecimal() and not sign.isascii() for sign in value)
    if foreign and re.search(wanted, meant := ascii_digits(value)):
        return _("has digits of another script; write them as 0 to 9: {meant}").format(meant=meant)
    if rule in ("maxLength", "maxItems", "pattern"):
        return remedy(schema, rule, number(len(value)))
    if rule == "maximum":
        return remedy(schema, rule)
    if rule == "minItems":
        return _("give at least {limit}").format(limit=wanted)
    if rule in ("minimum", "exclusiveMaximum"):
        return _("must be a number {relation} {limit}").format(
            relation=_("from") if rule == "minimum" else _("up to"), limit=wanted
        )
    if rule == "uniqueItems":
        return _("names the same twice; keep one")
    return _("does not fit the rule “{rule}”").format(rule=rule)
