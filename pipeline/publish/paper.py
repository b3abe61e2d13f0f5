"""The self-assessment without a screen: every line of it once, for the printed page and for the document to write in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from pipeline.profiles import derive
from pipeline.profiles.fields import Field, fields
from pipeline.profiles.model import Data, Profile, Unit, is_placeholder
from pipeline.text import _


@dataclass(frozen=True)
class Blank:
    """What is filled in: a box to tick, a line, or several lines. `name` is that of the form's control."""

    name: str
    label: str
    hint: str
    kind: Literal["tick", "line", "lines"]


@dataclass(frozen=True)
class Part:
    title: str
    hint: str
    blanks: tuple[Blank, ...]


@dataclass(frozen=True)
class Paper:
    """`form` is the path of the form on the site, without the / at its end, and `online` its whole address.

    `answers` are what each statement can be answered with, `send_to` is an e-mail address. None: not known yet.
    """

    form: str
    title: str
    certificate: str
    draft: str
    guide: tuple[str, ...]
    send: str
    send_to: str | None
    online: str | None
    statements: str
    units: tuple[Unit, ...]
    answers: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    foot: str
    language: str
    author: str


def paper(data: Data, profile: Profile, site_url: str) -> Paper:
    organization = data.organization
    email = organization.contact_email
    version = _("profile version {version}").format(version=profile.version)
    form = f"certificates/{profile.id}/{derive.SELF_ASSESSMENT}"
    online = f"{site_url.rstrip('/')}/{form}/"
    return Paper(
        form=form,
        title=_("Self-assessment"),
        certificate=f"{profile.name} ({profile.path_name})",
        draft=_("The wording of this profile is a draft.") if profile.draft else "",
        guide=(
            _("Read each statement and ask yourself: can I? Tick one box: what is true today."),
            _("Nobody is marked down for “not yet”."),
            _("You may stop at any time."),
        ),
        send=_("The address to write to is not published yet. It will stand here.")
        if is_placeholder(email)
        else _("To send it to us, write to:"),
        send_to=None if is_placeholder(email) else email,
        online=None if is_placeholder(online) else online,
        statements=_("The statements"),
        units=tuple(unit for unit in data.units(profile) if unit.asked),
        answers=(("yes", _("yes")), ("partly", _("partly")), ("not_yet", _("not yet"))),
        parts=(*_parts(derive.form_schema(data, derive.SELF_ASSESSMENT, profile.id)), _signature()),
        foot=f"{organization.name} · {profile.name} · {version}",
        language=data.language,
        author=organization.name,
    )


def _parts(schema: dict[str, Any]) -> Iterator[Part]:
    """What the form asks beside the statements, in its order and words."""
    asked = [field for field in fields(schema) if field.widget != "hidden" and field.path[0] != "answers"]
    for name, entries in groupby(asked, key=lambda field: str(field.path[0])):
        rule = schema["properties"][name]
        yield Part(rule["title"], rule.get("description", ""), tuple(_blank(field) for field in entries))


def _blank(field: Field) -> Blank:
    kinds: dict[str, Literal["tick", "lines"]] = {"checkbox": "tick", "textarea": "lines", "lines": "lines"}
    return Blank(field.name, field.title, str(field.schema.get("description", "")), kinds.get(field.widget, "line"))


def _signature() -> Part:
    """What only paper asks: a way to answer somebody who has no e-mail, and that it was they who wrote."""
    return Part(
        _("At the end"),
        "",
        (
            Blank("telephone", _("Telephone, if you have no e-mail address"), "", "line"),
            Blank("signed", _("Date and signature"), "", "line"),
        ),
    )
