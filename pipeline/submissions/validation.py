"""Plain value → Submission │ findings. The one call that the server, the command line and the workflow share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import schema_errors
from pipeline.data.model import Data
from pipeline.findings import Finding, errors, pointer
from pipeline.forms import fields, json_schema
from pipeline.i18n import _, has_content, language, normalised
from pipeline.natural_order import natural
from pipeline.submissions.corrections import get, mend, wrong
from pipeline.submissions.submission import Submission, is_key

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Judge:
    """The body's data, and where released schemas lie. `clock`: what is today, in UTC."""

    data: Data
    schemas: Path
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def schema(self, value: Any) -> dict[str, Any] | Finding:
        """The schema by which a submission is judged: the current one, or a released one that it names (D13).

        Its words are in the language that is spoken, so that findings are; a released one keeps its own.
        """
        if not isinstance(value, dict):
            return Finding("", _("Submission"), _("must be one JSON object with named fields"))
        kind, about = value.get("kind"), value.get("topic" if value.get("kind") == json_schema.CONTACT else "profile")
        if (kind, about) not in json_schema.form_kinds(self.data):
            places = {
                json_schema.CONTACT: "/topic",
                json_schema.SELF_ASSESSMENT: "/profile",
                json_schema.PORTFOLIO: "/profile",
            }
            place = next((found for known, found in places.items() if kind == known), "/kind")
            return Finding(
                place, _("Form"), _("is none of this site's forms; open the form again and send it from there")
            )
        spoken = self.data.in_language(language.get())
        return self._released(value) or json_schema.form_schema(spoken, str(kind), str(about))

    def _released(self, value: dict[str, Any]) -> dict[str, Any] | None:
        profile, version, profile_hash = value.get("profile"), value.get("version"), value.get("profile_hash")
        if self.data.hashes.get(str(profile)) == profile_hash or not re.fullmatch(json_schema.VERSION, str(version)):
            return None
        folder = self.schemas / "released" / str(profile) / str(version)
        manifest = folder / "release.json"
        if not manifest.is_file() or json.loads(manifest.read_bytes())["profile_hash"] != profile_hash:
            return None
        found: dict[str, Any] = json.loads((folder / f"{value['kind']}.schema.json").read_bytes())
        return found


def check(judge: Judge, value: Any, *, waited: bool = False) -> Submission | list[Finding]:
    """All findings at once, each at a field that the person can go to; or what was sent, as it may be kept.

    `waited`: it was typed some time ago (a delivery, a form provider's), and a day that was to come may be over.
    """
    found = _checked(judge, value, waited=waited)
    return found if isinstance(found, list) else found.sealed


def check_kept(judge: Judge, value: Mapping[str, Any]) -> Submission | list[Finding]:
    """The same of a delivery's content, which was sealed when it was kept; or, by an earlier version, was not."""
    key = value.get("id")
    if not is_key(key):
        return _checked(judge, value, waited=True)
    found = _checked(judge, {name: inner for name, inner in value.items() if name != "id"}, waited=True)
    return found if isinstance(found, list) else replace(found, value={**found.value, "id": key})


def _checked(judge: Judge, value: Any, *, waited: bool) -> Submission | list[Finding]:
    schema = judge.schema(value)
    if isinstance(schema, Finding):
        return [schema]
    value, asked = _whole(schema, clean(value)), list(fields.fields(schema))
    mend(asked, value)

    def label(place: str) -> str:
        return fields.label(schema, place)

    exact = {finding.pointer: finding for finding in wrong(asked, value, judge.clock(), waited)}
    shaped = (_told(schema, finding) for finding in schema_errors.check(schema, value, label))
    found = [*(finding for finding in shaped if finding.pointer not in exact), *exact.values()]
    broken = {finding.pointer for finding in found}
    found += [finding for finding in _sense(schema, asked, value) if not _inside(finding.pointer, broken)]
    if errors(found):
        places = _places(schema)
        return sorted(found, key=lambda finding: _order(places, finding.pointer))
    return Submission(value["kind"], value.get("profile") or value["topic"], value, schema)


def _whole(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """With every required group: what is missing in one that was left out is told at once, as of an empty one."""
    groups = (name for name in schema["required"] if schema["properties"][name].get("type") == "object")
    return {**value, **{name: {} for name in groups if name not in value}}


def _told(schema: dict[str, Any], finding: Finding) -> Finding:
    """Of what nobody sees in a form: its name, as it has no title, and what to do about it."""
    if fields.at(schema, finding.pointer).get("x-widget") != "hidden":
        return finding
    label = _("Hidden field “{name}”").format(name=schema_errors.last_name(finding.pointer))
    message = _(
        "does not fit this site's form; open the form anew from the site and send it from there. What you typed is kept"
    )
    return Finding(finding.pointer, label, message)


def _inside(place: str, broken: set[str]) -> bool:
    """A place is told once: not again by what is around it."""
    parts = place.split("/")
    return any("/".join(parts[:end]) in broken for end in range(1, len(parts) + 1))


def clean(value: Any) -> Any:
    """Line ends are LF everywhere: in keys, digests, counts and what is kept."""
    if isinstance(value, str):
        return normalised(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def _places(schema: dict[str, Any]) -> dict[str, int]:
    """Where each field stands in the form, and each group with its first field."""
    found: dict[str, int] = {}
    for index, field in enumerate(fields.fields(schema)):
        parts = field.pointer.split("/")
        for end in range(2, len(parts) + 1):
            found.setdefault("/".join(parts[:end]), index)
    return found


def _order(places: dict[str, int], place: str) -> tuple[int, object]:
    """In the order in which the form asks; what it does not ask, at the end."""
    around = place
    while around and around not in places:
        around = around.rpartition("/")[0]
    return places.get(around, 1_000_000), natural(place)


def _sense(schema: dict[str, Any], asked: list[fields.Field], value: dict[str, Any]) -> Iterator[Finding]:
    """Rules across fields."""
    for path, text in _texts(value, ()):
        if _CONTROL.search(text):
            message, place = (
                _("has invisible control characters in it; remove them, or paste it as plain text"),
                pointer(path),
            )
            yield Finding(place, fields.label(schema, place), message)
    for field in asked:
        text = get(value, field.path)
        if not _given(text) and _asked(field.schema.get("x-required"), value):
            yield Finding(field.pointer, field.title, field.schema["x-missing"])
        if not isinstance(text, str):
            continue
        if field.required and "x-missing" in field.schema and not has_content(text):
            yield Finding(field.pointer, field.title, field.schema["x-missing"])
        if field.widget != "textarea" and "\n" in text:
            yield Finding(field.pointer, field.title, _("must be one line; remove the line break"))


def _asked(rule: dict[str, Any] | None, value: dict[str, Any]) -> bool:
    """What the schema requires because of another field (x-required, see json_schema.py)."""
    if rule is None:
        return False
    if "when" in rule:
        return get(value, tuple(rule["when"])) in rule["is"]
    return "unless" not in rule or not _given(get(value, tuple(rule["unless"])))


def _given(value: object) -> bool:
    return has_content(value) if isinstance(value, str) else value is not None


def _texts(value: Any, path: fields.Path) -> Iterator[tuple[fields.Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
