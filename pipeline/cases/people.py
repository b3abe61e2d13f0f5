"""Who works on the cases, and in which roles: the records' private people.yml."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline import shape
from pipeline.errors import DataInvalid
from pipeline.files import write_new
from pipeline.findings import Finding, Level
from pipeline.profiles.model import Organization
from pipeline.profiles.yamlsource import read


@dataclass(frozen=True)
class Person:
    """`teaches_for`: education providers for whom they teach; `email`: only to see that nobody judges themselves."""

    login: str
    name: str
    roles: tuple[str, ...]
    email: str = ""
    teaches_for: tuple[str, ...] = ()


def load(path: Path, schemas: Path, organization: Organization) -> tuple[Person, ...]:
    """Raises DataInvalid with all findings."""
    source = read(path, path.name)
    findings = list(source.findings)
    if not findings:
        for found in shape.check(shape.data_schema(schemas, "people"), source.value, shape.last_name):
            findings.append(
                Finding(found.pointer, found.label, found.message, Level.ERROR, path.name, source.line(found.pointer))
            )
    known = {role.id for role in organization.roles}
    logins: set[str] = set()
    for index, raw in enumerate([] if findings else source.value["people"]):
        if raw["login"].lower() in logins:
            findings.append(source.finding(f"/people/{index}/login", raw["login"], "stands twice; keep one"))
        logins.add(raw["login"].lower())
        for part in ("name", "email"):
            known_as = [_plain(other.get(part)) for other in source.value["people"][:index]]
            if _plain(raw.get(part)) in [text for text in known_as if text]:
                words = "is another entry's too; one person has one entry, with all roles"
                findings.append(source.finding(f"/people/{index}/{part}", raw[part], words))
        for place, role in enumerate(raw["roles"]):
            if role not in known:
                message = f"is no role; use one of: {', '.join(sorted(known))}"
                findings.append(source.finding(f"/people/{index}/roles/{place}", role, message))
    if findings:
        raise DataInvalid(findings)
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


_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})


def _plain(text: str | None) -> str:
    """Without accents, case and marks; words with one space between them."""
    decomposed = unicodedata.normalize("NFKD", (text or "").casefold().translate(_LETTERS))
    kept = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in kept).split())


def same(first: str | None, second: str | None) -> bool:
    """Two names are the same one's, as people would say: whatever the order, with or without a title, an initial, "Ltd"."""
    one, other = ({word for word in _plain(name).split() if len(word) > 1} for name in (first, second))
    both = one & other
    return bool(both) and both in (one, other) and (len(both) > 1 or one == other)


def same_address(first: str | None, second: str | None) -> bool:
    """Without case, and without what stands between + and @."""

    def bare(address: str | None) -> str:
        name, _at, host = (address or "").strip().casefold().rpartition("@")
        return f"{name.partition('+')[0]}@{host}" if name else ""

    return bool(bare(first)) and bare(first) == bare(second)


def write_default(path: Path, organization: Organization) -> bool:
    """One person a role, to try it out with. An existing file is left alone: False."""
    people = [
        {"login": role.id.replace("_", "-"), "name": role.name, "roles": [role.id]} for role in organization.roles
    ]
    head = (
        "# Who works on the cases. login: the GitHub login, or any short name for the local board.\n"
        "# teaches_for: [names of education providers] and email keep people from judging those they trained, or themselves.\n"
    )
    content = head + yaml.safe_dump({"people": people}, allow_unicode=True, sort_keys=False)
    return write_new(path, content.encode())
