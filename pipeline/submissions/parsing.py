"""Bytes → plain values, or UnreadableInput. What cannot be read at all is refused here; what can is checked in check.py."""

from __future__ import annotations

import codecs
import json
import math
import re
from binascii import a2b_qp
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.forms.fields import Field, fields, label
from pipeline.i18n import _, ascii_digits, has_content, normalised

MAX_DEPTH = 8
MAX_FORM_FIELDS = 5_000  # Practice: 112 statements of three fields, 40 rows of three, and two dozen more
MAX_MARKS = 50_000  # strings, brackets and commas of one JSON; the largest portfolio has about 3,000
HONEYPOT = "website_url"  # of our own server; each form provider has its own

_DIGITS = 400  # of a whole number that is read as one
# Possessive, and to the end where a string is not closed: each character is looked at once, whatever somebody sends.
_STRING = re.compile(r'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)', re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING.pattern}|[\[\]{{}}]", re.DOTALL)
_MARK = re.compile(rf"{_STRING_OR_BRACKET.pattern}|,", re.DOTALL)
_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")  # itself, and no escape
_QUOTED_PRINTABLE = bytes.maketrans(b"%", b"=")
_PIECE = 64_000  # bytes of a form that are decoded at once
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_HALF = re.compile("[\ud800-\udfff]")

Form = Mapping[str, Sequence[str]]


def parse_json(data: bytes) -> Any:
    """A JSON value without duplicate keys, NaN, lone surrogates or nesting deeper than MAX_DEPTH.

    Windows writes a byte order mark before it, which is no part of it (RFC 8259, 8.1).
    """
    text = _decode(data.removeprefix(codecs.BOM_UTF8))
    _measure(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole_number, parse_float=_float
        )
        if "\\u" in text:  # nothing else writes half a character
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnreadableInput(_("The text has half a character in it (a lone surrogate).")) from error
    except json.JSONDecodeError as error:
        if not text.strip():
            raise UnreadableInput(_("There is nothing in it.")) from error
        message = _("This is not JSON: something is wrong at line {line}, column {column}, or just before it.")
        raise UnreadableInput(message.format(line=error.lineno, column=error.colno)) from error
    except ValueError as error:
        raise UnreadableInput(_("This is not JSON: {problem}").format(problem=str(error)[:200])) from error
    return value


def parse_list(data: bytes) -> Any:
    """JSON in which others have gathered what many sent: one of them spoils it for nobody. Raises ValueError.

    What is nested so deep that `parse_json` refuses it anywhere is null, and much too long a number is its digits.
    """
    text = _shallow(data.decode("utf-8-sig", "replace"), 2 * MAX_DEPTH)
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= _DIGITS else digits)


def whole(text: str) -> str:
    """With a sign of replacement for each half character, which no file can have in it."""
    return _HALF.sub("\ufffd", text)


_COPY = re.compile(rb'<script type="application/json" id="submission">([^<]*)<')


def parse_file(data: bytes) -> Any:
    """JSON, or the copy of a form that a person saved (docs/assets/form/copies.js): a page with the same JSON in it."""
    copy = _COPY.search(data)
    return parse_json(copy[1] if copy else data)


def _decode(data: bytes | bytearray) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableInput(_("The text is not UTF-8.")) from error


def _measure(text: str) -> None:
    """Before anything is made of it: json's own reader would run out of stack, or of memory, which a value of two
    characters takes by the hundred bytes.
    """
    depth = 0
    for marks, found in enumerate(_MARK.finditer(text)):
        mark = text[found.start()]
        depth += (mark in "[{") - (mark in "]}")
        if depth > MAX_DEPTH:
            raise UnreadableInput(_("The JSON is nested more than {limit} levels deep.").format(limit=MAX_DEPTH))
        if marks >= MAX_MARKS:
            raise UnreadableInput(_("The JSON has too many values."))


def _shallow(text: str, deepest: int) -> str:
    """The same JSON with null for what lies deeper."""
    kept, depth, begun = [], 0, 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth == deepest + 1:
                kept.append(text[begun : found.start()])
        elif found[0] in "]}":
            if depth == deepest + 1:
                kept.append("null")
                begun = found.end()
            depth -= 1
    return "".join([*kept, text[begun:]])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for twice, _value in pairs:
            if twice in seen:
                break
            seen.add(twice)
        raise ValueError(_("the key “{key}” stands twice").format(key=twice[:60]))
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(_("{name} is no JSON number").format(name=name))


def _whole_number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:
        raise ValueError(_("a number has too many digits")) from error


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(_("a number is too large"))
    return number


def parse_form(data: bytes) -> dict[str, list[str]]:
    """A form post (application/x-www-form-urlencoded) → values by name."""
    if data.count(b"&") >= MAX_FORM_FIELDS:
        raise UnreadableInput(_("The form has too many fields."))
    values: dict[str, list[str]] = {}
    for pair in filter(None, data.split(b"&")):
        name, _sign, value = pair.partition(b"=")
        values.setdefault(_unquoted(name), []).append(normalised(_unquoted(value)))
    return values


def _unquoted(data: bytes) -> str:
    """As quoted-printable, which has another sign for the same escapes, and in pieces, none of which ends within one.

    urllib makes an object of every %XX, and holds all of them at once: eighty times what was sent.
    """
    decoded, begin = bytearray(), 0
    while begin < len(data):
        end = begin + _PIECE
        within = data.rfind(b"%", end - 2, end)
        end = end if within < 0 else within
        piece = _PERCENT.sub(b"%25", data[begin:end].replace(b"+", b" ")).replace(b"=", b"%3D")
        decoded += a2b_qp(piece.translate(_QUOTED_PRINTABLE))
        begin = end
    return _decode(decoded)


def unflatten(schema: dict[str, Any], form: Form) -> tuple[dict[str, Any], dict[int, int]]:
    """Form values → the submission's value, and which row of it came from which row of the form.

    Blank optional fields are left out. What the schema does not know stays under its own name, and is a finding later.
    """
    value: dict[str, Any] = {}
    known: set[str] = {HONEYPOT}
    rows: dict[int, int] = {}
    for field in fields(schema):
        known.add(field.name)
        content = _content(field, form.get(field.name, []))
        if content is None:
            continue
        path = list(field.path)
        if len(path) > 1 and isinstance(path[1], int):
            row = rows.setdefault(path[1], len(rows))
            table = value.setdefault(str(path[0]), [])
            if row == len(table):
                table.append({})
            table[row][str(path[2])] = content
        else:
            here = value
            for part in path[:-1]:
                here = here.setdefault(str(part), {})
            here[str(path[-1])] = content
    for name in schema["required"]:
        if schema["properties"][name].get("type") == "object":
            value.setdefault(name, {})
    value.update(
        {name: list(values) for name, values in form.items() if name not in known and not name.startswith("_")}
    )
    return value, {row: original for original, row in rows.items()}


def typed(schema: dict[str, Any], form: Form) -> list[tuple[str, list[str]]]:
    """What somebody wrote in a form, to be shown as text: each thing that was asked once, with all that was typed there."""
    words = {"not_yet": _("not yet"), "yes": _("yes"), "partly": _("partly")}
    found: dict[str, list[str]] = {}
    for field in fields(schema):
        if field.widget in ("hidden", "checkbox") or field.path[0] == "case":
            continue
        texts = [words.get(text, text) for text in form.get(field.name, []) if has_content(text)]
        if texts:
            found.setdefault(label(schema, field.pointer), []).extend(texts)
    return list(found.items())


def _content(field: Field, values: Sequence[str]) -> Any:
    """None if there is nothing to keep."""
    if len(values) > 1:
        return list(values)
    text = values[0] if values else ""
    if field.widget == "checkbox":
        return {"": None, "true": True, "on": True}.get(text, text)
    if not has_content(text):
        return None
    if field.widget == "lines":
        return [line.strip() for line in text.split("\n") if has_content(line)]
    if field.widget != "textarea":
        text = text.strip()
    return _number(text) if field.widget == "number" else text


def _number(text: str) -> int | float | str:
    """A decimal comma is a point too; what is no number stays text, and is a finding later."""
    plain = ascii_digits(text).strip().replace(",", ".").replace("٫", ".")
    if not _DECIMAL.fullmatch(plain):
        return text
    number = float(plain)
    if math.isinf(number):
        return text
    return int(number) if number.is_integer() else number
