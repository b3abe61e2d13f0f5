"""data/translations/<language>/: texts of the data in another language, by the same names and ids as the original's.

What is not translated stays in the body's first language, and says so by its `language`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipeline.data import wording
from pipeline.data.model import asks
from pipeline.data.yaml_source import Source
from pipeline.findings import Finding, Level, pointer

ORGANIZATION, PROCESS = "organization", "process"
OF_THE_BODY = (ORGANIZATION, PROCESS)  # all other files are named like a profile
PLAIN = ("name", "short_name", "for_whom", "covers", "based_on", "decided_on")
BODY = ("home", "about", "standards", "certificate_kinds", "impartiality", "scholarship", "retention", "answer_within")
STATEMENT = ("text", "evidence")
CRITERION = ("title", "question", "text", "example")
UNKNOWNS = ("fees", "typical_time", "refunds", "resits")
Texts = dict[str, Any]


def _by_id(items: list[dict[str, Any]], *names: str) -> Texts:
    return {item["id"]: {name: item[name] for name in names} for item in items}


def profile_texts(raw: Mapping[str, Any]) -> Texts:
    """All that can be translated of a profile, in the shape of a translation."""
    example = raw["worked_example"]
    return {
        **{name: raw[name] for name in (*PLAIN, *UNKNOWNS)},
        "path_name": raw["path"]["name"],
        "portfolio": {"name": raw["portfolio"]["name"], "parts": _by_id(raw["portfolio"]["parts"], "title", "text")},
        "steps": _by_id(raw["steps"], "title", "text"),
        "audit": {"criteria": _by_id(raw["audit"]["criteria"], *CRITERION)},
        "worked_example": {"evidence": example["evidence"] if example else None},
        "units": _by_id(raw["units"], "title", "text"),
        "statements": _by_id([item for unit in raw["units"] for item in unit["statements"]], *STATEMENT),
    }


def organization_texts(raw: Mapping[str, Any], providers: Mapping[str, Any]) -> Texts:
    """All that can be translated of the body and of its list of education providers."""
    administrator = {name: raw["administrator"][name] for name in ("text", "roles", "impartiality")}
    named = {provider["name"]: {"text": provider["text"]} for provider in providers["providers"]}
    return {
        **{name: raw[name] for name in BODY},
        "administrator": administrator,
        "roles": _by_id(raw["roles"], "name", "text"),
        "contact": {"text": raw["contact"]["text"]},
        "complaints": {"terms": raw["complaints"]["terms"]},
        "providers": {"note": providers["note"], **named},
    }


def process_texts(raw: Mapping[str, Any]) -> Texts:
    """All that can be translated of the process table: what a state is called and what is done in it."""
    return {"states": _by_id(raw["states"], "title", "todo")}


def _with(items: list[dict[str, Any]], told: Mapping[str, Any], *names: str, language: str) -> list[dict[str, Any]]:
    """The items with their translated texts. Each is in one language: until all its texts are translated, none is shown."""
    found = [(item, told.get(item["id"], {})) for item in items]
    return [
        {**item, **texts, "language": language} if all(name in texts for name in names if item[name]) else item
        for item, texts in found
    ]


def profile(raw: Mapping[str, Any], told: Texts, language: str) -> dict[str, Any]:
    """The profile's plain value with the translated texts in it, for build.profile."""
    units = [
        {**unit, "statements": _with(unit["statements"], told.get("statements", {}), *STATEMENT, language=language)}
        for unit in _with(raw["units"], told.get("units", {}), "title", "text", language=language)
    ]
    portfolio, parts = raw["portfolio"], told.get("portfolio", {}).get("parts", {})
    criteria = told.get("audit", {}).get("criteria", {})
    example = {**told["worked_example"], "language": language} if told.get("worked_example") else {}
    return {
        **raw,
        **{name: told[name] for name in (*PLAIN, *UNKNOWNS) if name in told},
        "path": {**raw["path"], "name": told.get("path_name", raw["path"]["name"])},
        "portfolio": {
            "name": told.get("portfolio", {}).get("name", portfolio["name"]),
            "parts": _with(portfolio["parts"], parts, "title", "text", language=language),
        },
        "steps": _with(raw["steps"], told.get("steps", {}), "title", "text", language=language),
        "audit": {"criteria": _with(raw["audit"]["criteria"], criteria, *CRITERION, language=language)},
        "worked_example": raw["worked_example"] and {**raw["worked_example"], **example},
        "units": units,
    }


def shown(told: Texts, language: str) -> Texts:
    """Without the statements, where the catalogue does not ask in this language: a question is in one language."""
    return told if asks(language) else {name: texts for name, texts in told.items() if name != "statements"}


def organization(raw: Mapping[str, Any], told: Texts) -> dict[str, Any]:
    """The body's plain value with the translated texts in it, for build.organization."""
    groups = ("home", "certificate_kinds", "administrator", "impartiality", "contact", "complaints", "retention")
    return {
        **raw,
        **{name: told[name] for name in ("about", "standards", "scholarship", "answer_within") if name in told},
        **{name: {**raw[name], **told.get(name, {})} for name in groups},
        "roles": [{**role, **told.get("roles", {}).get(role["id"], {})} for role in raw["roles"]],
    }


def providers(raw: Mapping[str, Any], told: Texts) -> dict[str, Any]:
    named = told.get("providers", {})
    listed = [{**provider, **named.get(provider["name"], {})} for provider in raw["providers"]]
    return {"note": named.get("note", raw["note"]), "providers": listed}


def process(raw: Mapping[str, Any], told: Texts, language: str) -> dict[str, Any]:
    return {**raw, "states": _with(raw["states"], told.get("states", {}), "title", "todo", language=language)}


def names(told: Texts) -> frozenset[str]:
    """What is translated, by the names that Profile.original and Organization.original take."""
    return frozenset(".".join(map(str, path)) for path, _text in leaves(told, ()))


def rules(source: Source, texts: Texts, language: str) -> Iterator[Finding]:
    """Names that the original does not have, lists of another length, and one note of what is left to do."""
    yield from _strangers(source, source.value, texts, ())
    yield from _statements(source, language)
    done = {path for path, _text in leaves(source.value, ())}
    open_ = [path for path, text in leaves(texts, ()) if text and path not in done]
    if open_:
        statements = {path[1] for path in open_ if path[0] == "statements"}
        others = len([path for path in open_ if path[0] != "statements"])
        counted = f"{len(statements)} of {len(texts['statements'])} statements and " if texts.get("statements") else ""
        message = f"{counted}{others} other texts are not fully translated; pages in “{language}” have them as they are"
        yield replace(source.finding("", "Translation", message), level=Level.NOTE)


def _strangers(source: Source, told: Any, texts: Any, path: tuple[str, ...]) -> Iterator[Finding]:
    place, label = pointer(path), ".".join(path)
    if isinstance(told, dict):
        known = texts if isinstance(texts, dict) else {}
        for name, inner in told.items():
            if name not in known:
                message = f"is not in the original; use one of: {', '.join(known)[:300]}"
                yield source.finding(pointer((*path, name)), ".".join((*path, name)), message)
            else:
                yield from _strangers(source, inner, known[name], (*path, name))
    elif texts is None:
        yield source.finding(place, label, "is null in the original; write it there first")
    elif isinstance(told, list) and len(told) != len(texts):
        yield source.finding(place, label, f"has {len(told)} entries; the original has {len(texts)}")


def _statements(source: Source, language: str) -> Iterator[Finding]:
    told = source.value.get("statements", {})
    if told and not asks(language):
        message = (
            f"the catalogue of “{language}” does not ask “Can I {{text}}?”, so the statements stay in the first language; "
            f"translate it: python -m pipeline messages {language}"
        )
        yield replace(source.finding("/statements", "Statements", message), level=Level.NOTE)
    for name, inner in told.items():
        if "text" in inner:
            place = pointer(("statements", name, "text"))
            yield from wording.findings(source, place, f"Statement {name}", inner["text"], language)


def leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every text or list of texts with its names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, value
