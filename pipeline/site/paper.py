"""A certificate's form without a screen: every line of it once, for the printed page and for the document to write in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from pipeline.data.model import Data, Profile, Unit, is_placeholder
from pipeline.forms import json_schema
from pipeline.forms.fields import Field, fields
from pipeline.i18n import _


@dataclass(frozen=True)
class Blank:
    """What is filled in: a box to tick, a line, or several lines. `name` is that of the form's control."""

    name: str
    label: str
    hint: str
    kind: Literal["tick", "line", "lines"]


@dataclass(frozen=True)
class Part:
    """Blanks under a heading, or a table with these columns. `language`: of title and hint, "" for the paper's own."""

    title: str
    hint: str
    blanks: tuple[Blank, ...]
    columns: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Paper:
    """`form` is the path of the form on the site, without the / at its end, and `online` its whole address.

    `answers` are what each statement can be answered with; `evidence` is true if it wants room below it.
    `send` and `post` say where it goes, `send_to` is the e-mail address. "" or None: not known yet.
    """

    form: str
    title: str
    certificate: str
    draft: str
    guide: tuple[str, ...]
    send: str
    send_to: str | None
    post: str
    online: str | None
    statements: str
    units: tuple[Unit, ...]
    answers: tuple[tuple[str, str], ...]
    evidence: bool
    parts: tuple[Part, ...]
    foot: str
    language: str
    author: str


def paper(data: Data, profile: Profile, kind: str, site_url: str) -> Paper:
    """`kind` is derive.SELF_ASSESSMENT or derive.PORTFOLIO."""
    organization, portfolio = data.organization, kind == json_schema.PORTFOLIO
    email, post = organization.contact_email, organization.contact_address
    version = _("profile version {version}").format(version=profile.version)
    form = f"certificates/{profile.id}/{kind}"
    online = f"{site_url.rstrip('/')}/{form}/"
    return Paper(
        form=form,
        title=(profile.portfolio_name or _("Portfolio")) if portfolio else _("Self-assessment"),
        certificate=f"{profile.name} ({profile.path_name})",
        draft=_("The wording of this profile is a draft.") if profile.draft else "",
        guide=(
            _("Read each statement and ask yourself: can I? Tick one box: what is true today."),
            _("Nobody is marked down for “not yet”."),
            _(
                "Give evidence for every “yes” and “partly”. If there is too little room, go on on another sheet, with "
                "the number of the statement."
            )
            if portfolio
            else _("You may stop at any time."),
        ),
        send=_send(email, post),
        send_to=None if is_placeholder(email) else email,
        post=_("By post: %(address)s.") % {"address": post} if post else "",
        online=None if is_placeholder(online) else online,
        statements=_("The statements"),
        units=tuple(unit for unit in data.units(profile) if unit.asked),
        answers=(("yes", _("yes")), ("partly", _("partly")), ("not_yet", _("not yet"))),
        evidence=portfolio,
        parts=(*_parts(json_schema.form_schema(data, kind, profile.id), profile), _signature()),
        foot=f"{organization.name} · {profile.name} · {version}",
        language=data.language,
        author=organization.name,
    )


def _send(email: str | None, post: str | None) -> str:
    if not is_placeholder(email):
        return _("To send it to us, write to:")
    return "" if post else _("The address to write to is not published yet. It will stand here.")


def _parts(schema: dict[str, Any], profile: Profile) -> Iterator[Part]:
    """What the form asks beside the statements, in its order and words; the secret of a reference is for screens alone."""
    asked = [field for field in fields(schema) if field.widget != "hidden" and field.path[0] != "answers"]
    for name, entries in groupby(asked, key=lambda field: str(field.path[0])):
        rule, log = schema["properties"][name], profile.part("log")
        if name == "log" and log:
            columns = [cell["title"] for cell in rule["items"]["properties"].values()]
            yield Part(log.title, log.text, (), tuple(columns), log.language)
        else:
            blanks = tuple(_blank(field) for field in entries if field.path[-1] != "secret")
            yield Part(rule["title"], rule.get("description", ""), blanks)


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
