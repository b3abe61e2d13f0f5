"""Who works on the cases, and in which roles: the records' private people.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline import email_address, schema_errors
from pipeline.cases.name_matching import same, same_address
from pipeline.data import yaml_shape
from pipeline.data.model import Organization
from pipeline.data.yaml_source import read
from pipeline.durable import write_new
from pipeline.errors import DataInvalid
from pipeline.findings import Finding
from pipeline.natural_order import in_order, natural


@dataclass(frozen=True)
class Person:
    """`teaches_for`: education providers for whom they teach; `email`: only to see that nobody judges themselves."""

    login: str
    name: str
    roles: tuple[str, ...]
    email: str = ""
    teaches_for: tuple[str, ...] = ()


TWICE = (
    "looks like {login}, who has an entry; one person has one entry, with all roles. "
    "If they are two people, give each of them an e-mail address of their own"
)
MISSING = "is not there; bring it back from a copy, or write it anew with an entry for each person"


def load(path: Path, schemas: Path, organization: Organization) -> tuple[Person, ...]:
    """Raises DataInvalid with all findings; also where nobody is in it, or it is not there."""
    if not path.is_file():
        raise DataInvalid([Finding("", "File", MISSING)], str(path))
    source = read(path, path.name)
    yaml_shape.check(source, schema_errors.data_schema(schemas, "people"), schema_errors.last_name)
    findings = list(source.findings)
    if not findings and not source.value["people"]:
        findings.append(source.finding("/people", "people", "has nobody in it; add an entry for each person"))
    known = {role.id for role in organization.roles}
    logins: set[str] = set()
    for index, raw in enumerate([] if findings else source.value["people"]):
        if raw["login"].lower() in logins:
            findings.append(source.finding(f"/people/{index}/login", raw["login"], "stands twice; keep one"))
        logins.add(raw["login"].lower())
        if message := raw.get("email") and email_address.problem(raw["email"]):
            findings.append(source.finding(f"/people/{index}/email", raw["email"], message))
        for other in source.value["people"][:index]:
            if part := _one_person(other, raw):
                findings.append(
                    source.finding(f"/people/{index}/{part}", raw[part], TWICE.format(login=other["login"]))
                )
        for place, role in enumerate(raw["roles"]):
            if role not in known:
                message = f"is no role; use one of: {', '.join(sorted(known, key=natural))}"
                findings.append(source.finding(f"/people/{index}/roles/{place}", role, message))
    if findings:
        raise DataInvalid(in_order(findings), str(path))
    return tuple(
        Person(
            raw["login"].lower(),
            raw["name"],
            tuple(raw["roles"]),
            raw.get("email", ""),
            tuple(raw.get("teaches_for", [])),
        )
        for raw in source.value["people"]
    )


def _one_person(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """By what two entries look like one person: "email", "name", or "". Two people can have one name, but no address."""
    addresses = one.get("email", ""), other.get("email", "")
    if same_address(*addresses):
        return "email"
    return "name" if same(one["name"], other["name"]) and not all(addresses) else ""


def write_default(path: Path, organization: Organization) -> bool:
    """One person a role, to try it out with. An existing file is left alone: False. Raises StoreFailed."""
    if path.is_file():
        return False
    people = [
        {"login": role.id.replace("_", "-"), "name": role.name, "roles": [role.id]} for role in organization.roles
    ]
    head = (
        "# Who works on the cases. login: the GitHub login, or any short name for the local board.\n"
        "# teaches_for: [names of education providers] and email keep people from judging those they trained, or themselves.\n"
    )
    content = head + yaml.safe_dump({"people": people}, allow_unicode=True, sort_keys=False)
    return write_new(path, content.encode())
