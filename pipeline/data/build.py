"""Plain values of the right shape → frozen objects. Nothing here can find fault: rules.py already has."""

from __future__ import annotations

from typing import Any

from pipeline.data.model import (
    Administrator,
    Colour,
    Criterion,
    Days,
    Endpoint,
    Impartiality,
    Labels,
    Organization,
    Part,
    Profile,
    Provider,
    Retention,
    Role,
    Shades,
    Statement,
    Step,
    Unit,
    Validity,
    WorkedExample,
)


def colour(name: str, raw: dict[str, Any]) -> Colour:
    return Colour(name, Shades(**raw["light"]), Shades(**raw["dark"]))


def colours(raw: dict[str, Any]) -> tuple[Colour, ...]:
    return tuple(colour(name, value) for name, value in raw["colours"].items())


def organization(raw: dict[str, Any], translated: frozenset[str] = frozenset()) -> Organization:
    administrator = {**raw["administrator"], "roles": tuple(raw["administrator"]["roles"])}
    return Organization(
        name=raw["name"],
        short_name=raw["short_name"],
        site_url=raw["site_url"],
        languages=tuple(raw["languages"]),
        home_title=raw["home"]["title"],
        home_lead=raw["home"]["lead"],
        home_welcome=raw["home"]["welcome"],
        about=tuple(raw["about"]),
        standards=raw["standards"],
        kind_once=raw["certificate_kinds"]["once"],
        kind_renewed=raw["certificate_kinds"]["renewed"],
        administrator=Administrator(**administrator),
        impartiality=Impartiality(**raw["impartiality"]),
        roles=tuple(Role(**role) for role in raw["roles"]),
        interview_minutes=raw["interview_minutes"],
        reference_prefix=raw["reference_prefix"],
        labels=Labels(**raw["labels"]),
        contact_text=raw["contact"]["text"],
        contact_email=raw["contact"]["email"],
        contact_address=raw["contact"]["address"],
        booking_url=raw["booking_url"],
        answer_within=raw["answer_within"],
        endpoint=Endpoint(**raw["submission_endpoint"]) if raw["submission_endpoint"] else None,
        scholarship=raw["scholarship"],
        complaints_role=raw["complaints"]["role"],
        complaints_write_to=raw["complaints"]["write_to"],
        complaints_terms=raw["complaints"]["terms"],
        retention=Retention(**{**raw["retention"], "days": Days(**raw["retention"]["days"])}),
        name_on_issues=raw["name_on_issues"],
        translated=translated,
    )


def providers(raw: dict[str, Any]) -> tuple[Provider, ...]:
    return tuple(Provider(**provider) for provider in raw["providers"])


def _validity(raw: Any) -> Validity:
    if isinstance(raw, dict):
        return Validity("years", raw["years"])
    return Validity("none" if raw == "none" else "unknown")


def _unit(raw: dict[str, Any], first: dict[str, str]) -> Unit:
    statements = tuple(
        Statement(**{"retired": None, **first, **statement}, unit=raw["id"]) for statement in raw["statements"]
    )
    return Unit(**{**first, **raw, "statements": statements})


def profile(
    raw: dict[str, Any], palette: tuple[Colour, ...], language: str, translated: frozenset[str] = frozenset()
) -> Profile:
    """`language` is the one of all texts that do not name another (translations.py puts it beside theirs)."""
    first = {"language": language}
    named = raw["path"]["colour"]
    own = colour(raw["id"], named) if isinstance(named, dict) else next(c for c in palette if c.name == named)
    plain = ("id", "version", "status", "open", "order", "name", "short_name", "for_whom", "covers", "based_on")
    unknown = ("prerequisite", "fees", "typical_time", "refunds", "resits")
    return Profile(
        **{name: raw[name] for name in (*plain, *unknown)},
        path_name=raw["path"]["name"],
        colour=own,
        decided_on=tuple(raw["decided_on"] or ()),
        validity=_validity(raw["validity"]),
        includes=tuple(raw["includes"]),
        portfolio_name=raw["portfolio"]["name"],
        parts=tuple(Part(**{**first, **part}) for part in raw["portfolio"]["parts"]),
        steps=tuple(Step(**{**first, **step}) for step in raw["steps"]),
        criteria=tuple(Criterion(**{**first, **criterion}) for criterion in raw["audit"]["criteria"]),
        worked_example=WorkedExample(**{**first, **raw["worked_example"]}) if raw["worked_example"] else None,
        units=tuple(_unit(unit, first) for unit in raw["units"]),
        language=language,
        translated=translated,
    )
