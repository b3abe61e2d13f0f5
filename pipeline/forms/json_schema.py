"""Profile → the JSON Schema (2020-12) of its forms. Everything a form, a check or a limit says of a field stands in it.

Annotations beside the standard words: `x-widget` (how it is asked), `x-what` ("your evidence"), `x-missing` (what to do
when it is not there), `x-required` (required beyond its shape: always, `when` another field is one of some values, or
`unless` another field is filled in), `x-typed` (the pattern by which a page judges it before anything is mended), `x-min`
and `x-max` (of a day, as HTML has them), `x-question`, `x-language` and `x-unit-language` (of a statement and of a title
that are not translated), `x-profile` (where a statement is written), `x-autocomplete` (WCAG 2.2, 1.3.5).
"""

from __future__ import annotations

from functools import lru_cache

from pipeline.data.model import Data, Profile, Statement, Unit
from pipeline.forms import sections, topics
from pipeline.forms.controls import Schema, group, hidden, object_, text
from pipeline.i18n import _, speaking

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SELF_ASSESSMENT, PORTFOLIO, CONTACT = "self-assessment", "portfolio", "contact"
EVIDENCE_MAX = 3000  # Unicode code points
LINKS_MAX = 5
VERSION = r"^[0-9]+\.[0-9]+\.[0-9]+$"
LINK = r"^https?://[^\s/]+\S*$"
# As people paste it, in a form: submissions/corrections.py makes a link of it.
PASTED_LINK = r"^[^A-Za-z0-9]*([Hh][Tt][Tt][Pp][Ss]?://|[Ww][Ww][Ww]\.)[^\s/]+\S*$"
ANSWERS = ("yes", "partly", "not_yet")


def form_kinds(data: Data) -> list[tuple[str, str]]:
    """Every form there is, as (kind, profile id or topic)."""
    profiles = [(kind, profile.id) for profile in data.open_profiles for kind in (SELF_ASSESSMENT, PORTFOLIO)]
    return profiles + [(CONTACT, topic) for topic in topics.every(data)]


@lru_cache(maxsize=256)
def form_schema(data: Data, kind: str, about: str) -> Schema:
    """The schema of one form; `about` is a profile id, or for contact a topic. Raises KeyError for an unknown form.

    Its texts are in the language of the data; its rules are the same in every language. It is derived once: never
    change it.
    """
    if (kind, about) not in form_kinds(data):
        raise KeyError(f"{kind}/{about}")
    with speaking(data.language):
        return _contact(data, about) if kind == CONTACT else _of_profile(data, kind, about)


def _of_profile(data: Data, kind: str, about: str) -> Schema:
    profile = next(profile for profile in data.open_profiles if profile.id == about)
    properties: Schema = {
        "kind": hidden({"const": kind}),
        "profile": hidden({"const": profile.id}),
        "version": hidden({"type": "string", "pattern": VERSION}, profile.version),
        "profile_hash": hidden({"type": "string", "pattern": "^[0-9a-f]{64}$"}, data.hashes[profile.id]),
        **_envelope(),
    }
    if kind == PORTFOLIO:
        # Before the answers: what is held decides which of them are asked.
        properties["case"] = sections.case(data.organization.reference_prefix)
        held = {inner.id: sections.held(inner) for inner in data.included(profile)}
        if held:
            properties["held"] = group(_("Certificates you hold"), held, [])
    properties["answers"] = _answers(data, profile, kind)
    log = profile.part("log")
    if kind == PORTFOLIO and log:
        properties["log"] = sections.log(log.title)
    if kind == SELF_ASSESSMENT:
        properties["interview"] = sections.interview(data)
    properties["education"] = sections.education(again=kind == PORTFOLIO)
    properties["applicant"] = sections.applicant()
    properties["declarations"] = sections.declarations(own_work=kind == PORTFOLIO)
    required = ["kind", "profile", "version", "profile_hash", "answers", "applicant", "declarations"]
    name = _("Self-assessment") if kind == SELF_ASSESSMENT else profile.portfolio_name or _("Portfolio")
    title = _("{form}: {certificate}").format(form=name, certificate=profile.name)
    return _root(title, f"{profile.id}/{kind}", properties, required)


def _root(title: str, path: str, properties: Schema, required: list[str]) -> Schema:
    return {"$schema": DIALECT, "$id": f"urn:form:{path}", "title": title, **object_(properties, required)}


def _envelope() -> Schema:
    return {
        "id": hidden({"type": "string", "pattern": "^[0-9a-f]{32}$"}),
        "language": hidden({"type": "string", "pattern": "^[a-z]{2}$"}),
    }


def _answers(data: Data, profile: Profile, kind: str) -> Schema:
    properties = {
        statement.id: {
            **_answer(profile, data.home(profile, unit), unit, statement, kind),
            **_language(data, unit, statement),
        }
        for unit in data.units(profile)
        for statement in unit.asked
    }
    return group(_("Your answers"), properties, [])


def _answer(profile: Profile, home: Profile, unit: Unit, statement: Statement, kind: str) -> Schema:
    """An answer is required unless a certificate that is held credits it; evidence for yes and partly."""
    title = f"{statement.id} {unit.title}"
    credited = {"unless": ["held", home.id]} if kind == PORTFOLIO and home is not profile else {}
    properties: Schema = {
        "answer": {
            "title": title,
            "enum": list(ANSWERS),
            "x-widget": "choice",
            "x-missing": _("choose yes, partly or not yet"),
            "x-required": credited,
        }
    }
    if kind == PORTFOLIO:
        what = _("your evidence")
        properties["evidence"] = text(
            title,
            EVIDENCE_MAX,
            widget="textarea",
            what=what,
            hint=statement.evidence,
            x_missing=_("write your evidence"),
            x_required={"when": ["answers", statement.id, "answer"], "is": ["yes", "partly"]},
        )
        properties["links"] = _links(title)
    extra = {"x-question": statement.question, "x-kind": statement.kind, "x-unit": unit.id}
    extra |= {"x-unit-title": unit.title, "x-profile": home.id}
    return {**group(title, properties, ["answer"]), **extra}


def _language(data: Data, unit: Unit, statement: Statement) -> Schema:
    """Named only where it is not the form's own."""
    named = {"x-language": statement.language, "x-unit-language": unit.language}
    return {name: language for name, language in named.items() if language != data.language}


def _links(title: str) -> Schema:
    link = {
        "type": "string",
        "maxLength": 300,
        "pattern": LINK,
        "x-typed": PASTED_LINK,
        "$comment": "remedy: " + _("write each link on a line of its own, beginning with https://"),
        "x-what": _("each link"),
    }
    return {
        "title": title,
        "type": "array",
        "maxItems": LINKS_MAX,
        "items": link,
        "x-widget": "lines",
        "x-what": _("links"),
    }


def _contact(data: Data, topic: str) -> Schema:
    profile = data.profile(topic)
    properties: Schema = {"kind": hidden({"const": CONTACT}), "topic": hidden({"const": topic}), **_envelope()}
    required = ["kind", "topic", "message", "applicant", "declarations"]
    if topic == "provider":
        properties["organisation"] = text(
            _("Name of the organisation"), 200, what=_("its name"), minLength=1, x_missing=_("write its name")
        )
        properties["website"] = text(_("Its website"), 300, what=_("its website"))
        required.append("organisation")
    if profile and profile.prerequisite:
        needed = data.profile(profile.prerequisite)
        title = _("Number of your {name}").format(name=needed.name if needed else "")
        properties["certificate_number"] = text(
            title, 40, what=_("the number"), minLength=1, x_missing=_("write the number")
        )
        required.append("certificate_number")
    if topic in topics.COMPLAINTS:
        hint = _("If it is about a case of yours.")
        properties["reference"] = text(_("Reference"), 40, what=_("the reference"), hint=hint)
    properties["message"] = text(
        _("Your message"),
        5000,
        widget="textarea",
        what=_("your message"),
        minLength=1,
        x_missing=_("write your message"),
    )
    properties["applicant"] = sections.applicant()
    properties["declarations"] = sections.declarations(own_work=False)
    return _root(topics.title(data, topic), f"contact/{topic}", properties, required)
