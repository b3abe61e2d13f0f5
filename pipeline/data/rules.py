"""Rules across fields and files, over plain values that already have the right shape. All findings at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pipeline import email_address
from pipeline.data import build, contrast, wording
from pipeline.data.model import Colour, asks, is_placeholder
from pipeline.data.yaml_source import Source
from pipeline.findings import Finding, Level
from pipeline.natural_order import natural

UNKNOWN = "is not known yet: the site says so and asks people to write; fill it in when it is decided"
NEEDED_ROLES = ("intake_manager", "auditor")  # forms, pages and issues speak of them by id
SERVER = "server"  # the kind of the body's own
RESERVED = {"index", "compare", "print", "data", "released", "contact"}  # addresses, and folders of schemas/


def all_rules(
    organization: Source, providers: Source, profiles: list[Source], kinds: Collection[str]
) -> Iterator[Finding]:
    yield from of_organization(organization, kinds)
    for source in profiles:
        yield from of_profile(source, organization)
        yield from _worked_example(source, profiles)
    yield from across(profiles)
    for source in (organization, providers, *profiles):
        yield from _unknowns(source)


def of_profile(source: Source, organization: Source) -> Iterator[Finding]:
    yield from _profile(source, organization)
    yield from _units(source, organization.value["languages"][0])


def across(profiles: list[Source]) -> Iterator[Finding]:
    yield from _unique(profiles)
    yield from _nesting(profiles)


def of_organization(source: Source, kinds: Collection[str]) -> Iterator[Finding]:
    """`kinds`: of the form providers that there is code for; without any, nothing is said of them."""
    value = source.value
    ids = [role["id"] for role in value["roles"]]
    for index, role_id in enumerate(ids):
        if role_id in ids[:index]:
            yield source.finding(f"/roles/{index}/id", role_id, "is the id of an earlier role; choose another")
    for needed in NEEDED_ROLES:
        if needed not in ids:
            message = f"is missing; keep a role with the id {needed} (its name is yours to choose)"
            yield source.finding("/roles", "Roles", message)
    if value["complaints"]["role"] not in ids:
        message = f"is no role; use one of: {', '.join(ids)}"
        yield source.finding("/complaints/role", value["complaints"]["role"], message)
    endpoint = value["submission_endpoint"]
    if endpoint and kinds and endpoint["kind"] not in (SERVER, *kinds):
        message = f"is nowhere that forms can be sent to; use one of: {', '.join((SERVER, *kinds))}"
        yield source.finding("/submission_endpoint/kind", endpoint["kind"], message)
    yield from _endpoint(source)
    for index, code in enumerate(value["languages"]):
        if not asks(code):
            message = f"the interface does not speak “{code}”: it is English there; translate: python -m pipeline messages {code}"
            yield replace(source.finding(f"/languages/{index}", code, message), level=Level.NOTE)
    for group, name in (("contact", "email"), ("complaints", "write_to")):
        written = value[group][name]
        if written and not is_placeholder(written) and (message := email_address.problem(written)):
            yield source.finding(f"/{group}/{name}", f"{group}.{name}", message)
    for name, raw in value["colours"].items():
        yield from _contrast(source, f"/colours/{name}", build.colour(name, raw))


def _endpoint(source: Source) -> Iterator[Finding]:
    """Netlify takes the forms of the sites that it serves, at their own addresses."""
    endpoint, site = source.value["submission_endpoint"], source.value["site_url"]
    if not endpoint or endpoint["kind"] != "netlify" or is_placeholder(site):
        return
    there, here = urlsplit(endpoint["url"]).hostname, urlsplit(site).hostname
    if there != here:
        message = f"{there} is not the host of site_url; write an address of the site itself, at {here}"
        yield source.finding("/submission_endpoint/url", "submission_endpoint.url", message)


def _contrast(source: Source, place: str, colour: Colour) -> Iterator[Finding]:
    for palette, what, ratio in contrast.too_low(colour):
        message = (
            f"{what} has a contrast of {ratio:.1f}:1; choose a {'darker' if palette == 'light' else 'paler'} "
            f"fill or another tint, so that it is at least {contrast.TEXT}:1"
        )
        yield source.finding(f"{place}/{palette}", f"Colour {colour.name}, {palette}", message)


def _profile(source: Source, organization: Source) -> Iterator[Finding]:
    value = source.value
    if not source.path.endswith(f"/{value['id']}.yml"):
        yield source.finding("/id", value["id"], f"must be the name of the file; rename the file to {value['id']}.yml")
    if value["id"] in RESERVED:
        yield source.finding("/id", value["id"], "is an address the site needs itself; choose another id")
    colour = value["path"]["colour"]
    if isinstance(colour, dict):
        yield from _contrast(source, "/path/colour", build.colour(value["id"], colour))
    elif colour not in organization.value["colours"]:
        known = ", ".join(organization.value["colours"])
        message = f"is no colour of organization.yml; use one of: {known}, or give light and dark shades here"
        yield source.finding("/path/colour", f"Colour {colour}", message)
    people = ["you", *(role["id"] for role in organization.value["roles"])]
    for index, step in enumerate(value["steps"]):
        if step["who"] not in people:
            message = f"is nobody's role; use one of: {', '.join(people)}"
            yield source.finding(f"/steps/{index}/who", step["who"], message)
    if value["open"]:
        yield from _complete(source)


def _complete(source: Source) -> Iterator[Finding]:
    """What an open profile needs, so that its pages and forms have no hole."""
    value = source.value
    kinds = [part["kind"] for part in value["portfolio"]["parts"]]
    lists = {
        "/units": value["units"] or value["includes"],
        "/steps": value["steps"],
        "/covers": value["covers"],
        "/based_on": value["based_on"],
        "/decided_on": value["decided_on"],
    }
    for place, content in lists.items():
        if not content:
            yield source.finding(place, place[1:], "is empty; fill it, or write open: false")
    if sorted(criterion["id"] for criterion in value["audit"]["criteria"]) != ["authorship", "mastery", "relevance"]:
        message = "must have each of relevance, authorship and mastery once"
        yield source.finding("/audit/criteria", "Audit criteria", message)
    for kind in ("statements", "log", "declarations"):
        if kinds.count(kind) > 1 or (kind != "log" and kind not in kinds):
            message = f"must have {'at most ' if kind == 'log' else 'exactly '}one part of kind {kind}"
            yield source.finding("/portfolio/parts", "Portfolio parts", message)
    if value["portfolio"]["name"] is None:
        yield source.finding(
            "/portfolio/name", "Portfolio name", "is missing; name the portfolio, or write open: false"
        )


def _units(source: Source, language: str) -> Iterator[Finding]:
    for number, unit in enumerate(source.value["units"]):
        place = f"/units/{number}"
        if not [statement for statement in unit["statements"] if "retired" not in statement]:
            yield source.finding(place, f"Unit {unit['id']}", "has no statements; add one, or remove the unit")
        for index, statement in enumerate(unit["statements"]):
            here, label = f"{place}/statements/{index}", f"Statement {statement['id']}"
            if statement["id"].partition(".")[0] != unit["id"]:
                message = f"stands in unit {unit['id']}; its id must begin with {unit['id']}."
                yield source.finding(f"{here}/id", label, message)
            yield from wording.findings(source, f"{here}/text", label, statement["text"], language)
            retired = statement.get("retired")
            if retired and _version(retired) <= _version(statement["since"]):
                yield source.finding(f"{here}/retired", label, "must be a later version than since")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _worked_example(source: Source, profiles: list[Source]) -> Iterator[Finding]:
    example = source.value["worked_example"]
    if example is None:
        if source.value["open"]:
            yield source.finding(
                "/worked_example", "Worked example", "is missing; write one, marked on the site as invented"
            )
        return
    reachable = {source.value["id"], *source.value["includes"]}
    ids = {
        statement["id"]
        for other in profiles
        if other.value["id"] in reachable
        for unit in other.value["units"]
        for statement in unit["statements"]
    }
    if example["statement"] not in ids:
        message = "is no statement of this profile; use the id of one"
        yield source.finding("/worked_example/statement", example["statement"], message)


def _unique(profiles: list[Source]) -> Iterator[Finding]:
    """Ids are the names by which everything is found again: none may stand for two things."""
    seen: dict[tuple[str, str], str] = {}
    for source in profiles:
        places = [("profile", "/id", source.value["id"]), ("order", "/order", str(source.value["order"]))]
        places.append(("name", "/name", source.value["name"]))
        for number, unit in enumerate(source.value["units"]):
            places.append(("unit", f"/units/{number}/id", unit["id"]))
            for index, statement in enumerate(unit["statements"]):
                places.append(("statement", f"/units/{number}/statements/{index}/id", statement["id"]))
        for kind, key in (("step", "steps"),):
            places += [
                (f"{kind} of {source.path}", f"/{key}/{index}/id", item["id"])
                for index, item in enumerate(source.value[key])
            ]
        for kind, place, name in places:
            first = seen.setdefault((kind, name), f"{source.path}:{source.line(place)}")
            if first != f"{source.path}:{source.line(place)}":
                what = kind.partition(" ")[0]
                yield source.finding(
                    place, f"{what.capitalize()} {name}", f"is already used at {first}; choose another"
                )


def _nesting(profiles: list[Source]) -> Iterator[Finding]:
    includes = {source.value["id"]: list(source.value["includes"]) for source in profiles}
    needs = {
        source.value["id"]: [source.value["prerequisite"]] if source.value["prerequisite"] else []
        for source in profiles
    }
    for source in profiles:
        own = source.value["id"]
        for graph, place in ((includes, "/includes"), (needs, "/prerequisite")):
            for target in graph[own]:
                if target not in graph:
                    message = f"is no profile; use the id of one: {', '.join(sorted(graph, key=natural))}"
                    yield source.finding(place, target, message)
            if own in _reachable(graph, own):
                yield source.finding(place, own, f"comes back to itself through {place[1:]}; break the circle")


def _reachable(graph: dict[str, list[Any]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph.get(name, [])
    return found


def _unknowns(source: Source) -> Iterator[Finding]:
    """Every null that the site has to speak about, and every placeholder that it has to leave unlinked."""
    silent = {"/prerequisite", "/worked_example", "/submission_endpoint", "/contact/address"}
    for place, value in _leaves(source.value, ""):
        label = place.strip("/").replace("/", ".")
        if value is None and place.startswith("/retention/days/"):
            message = "nobody has decided how many days it is kept: nothing is listed as due"
            yield Finding(place, label, message, Level.NOTE, source.path, source.line(place))
        elif (value is None and place not in silent) or (place, value) == ("/validity", "not stated"):
            note = source.finding(place, label, UNKNOWN)
            # How long personal data is kept has to be decided before anybody sends any.
            level = Level.PLACEHOLDER if place.startswith("/retention/") else Level.NOTE
            yield Finding(note.pointer, label, UNKNOWN, level, note.file, note.line)
        elif isinstance(value, str) and is_placeholder(value):
            message = f"{value} is a placeholder; write the real address"
            yield Finding(place, label, message, Level.PLACEHOLDER, source.path, source.line(place))


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}/{index}")
    else:
        yield place, value
