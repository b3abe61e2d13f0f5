"""Profile → the JSON Schema (2020-12) of its forms. Everything a form, a check or a limit says of a field stands in here.

Annotations beside the standard words: `x-widget` (how it is asked), `x-what` ("your evidence"), `x-missing` (what to do
when it is not there), `x-required` (required beyond its shape: always, `when` another field is one of some values, or
`unless` another field is filled in), `x-question`, `x-language` (of a statement that is not translated), `x-profile`
(where a statement is written), `x-autocomplete` (WCAG 2.2, 1.3.5).
"""

from __future__ import annotations

from functools import lru_cache

from pipeline.profiles import topics
from pipeline.profiles.controls import Schema, checkbox, group, hidden, object_, text
from pipeline.profiles.model import Data, Profile, Statement, Unit
from pipeline.text import _, speaking

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SELF_ASSESSMENT, PORTFOLIO, CONTACT = "self-assessment", "portfolio", "contact"
EVIDENCE_MAX = 3000  # Unicode code points
LINKS_MAX = 5
LOG_ROWS = 40
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
        "version": hidden({"type": "string", "pattern": r"^\d+\.\d+\.\d+$"}, profile.version),
        "profile_hash": hidden({"type": "string", "pattern": "^[0-9a-f]{64}$"}, data.hashes[profile.id]),
        **_envelope(),
    }
    if kind == PORTFOLIO:
        # Before the answers: what is held decides which of them are asked.
        properties["case"] = _case(data.organization.reference_prefix)
        held = {inner.id: _held(inner) for inner in data.included(profile)}
        if held:
            properties["held"] = group(_("Certificates you hold"), held, [])
    properties["answers"] = _answers(data, profile, kind)
    log = profile.part("log")
    if kind == PORTFOLIO and log:
        properties["log"] = _log(log.title)
    if kind == SELF_ASSESSMENT:
        properties["interview"] = _interview(data)
        properties["education"] = _education()
    properties["applicant"] = _applicant()
    properties["declarations"] = _declarations(kind)
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
            **_language(data, statement),
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


def _language(data: Data, statement: Statement) -> Schema:
    """Named only where it is not the form's own."""
    return {"x-language": statement.language} if statement.language != data.language else {}


def _links(title: str) -> Schema:
    link = {
        "type": "string",
        "maxLength": 300,
        "pattern": r"^https?://[^\s/]+\S*$",
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


def _log(title: str) -> Schema:
    # No maxLength: what is too long has the wrong form already, and that is told once.
    date = {
        "title": _("Date"),
        "type": "string",
        "pattern": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$",
        "$comment": "remedy: " + _("write the date as year-month-day, like 2027-03-14"),
        "x-widget": "date",
        "description": _("Choose it. If you see no calendar, write year-month-day, like 2027-03-14."),
        "x-missing": _("write the date"),
    }
    hours = {
        "title": _("Hours"),
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 24,
        "x-widget": "number",
        "description": _("Write a number, like 1.5 for an hour and a half."),
        "x-missing": _("write the hours as a number, like 1.5"),
    }
    worked_on = text(
        _("What was worked on"),
        600,
        widget="textarea",
        what=_("what was worked on"),
        x_missing=_("write what was worked on"),
    )
    row = object_({"date": date, "hours": hours, "worked_on": worked_on}, ["date", "hours", "worked_on"])
    return {
        "title": title,
        "type": "array",
        "maxItems": LOG_ROWS,
        "items": row,
        "x-widget": "rows",
        "x-what": _("rows"),
    }


def _held(inner: Profile) -> Schema:
    title = _("Number of your {name}").format(name=inner.name)
    hint = _("If you hold this certificate, its statements count as shown and you may leave them unanswered.")
    return text(title, 40, what=_("the number"), hint=hint)


def _case(prefix: str) -> Schema:
    reference = text(
        _("Reference of your self-assessment"),
        40,
        what=_("the reference"),
        hint=_("It begins with {prefix}- and stands on the confirmation you were shown.").format(prefix=prefix),
    )
    secret = text(
        _("Secret of that reference"), 80, what=_("the secret"), hint=_("The last part of the link you were given.")
    )
    return group(_("Your self-assessment"), {"reference": reference, "secret": secret}, [])


def _interview(data: Data) -> Schema:
    minutes, role = data.organization.interview_minutes, data.organization.role("intake_manager").name
    wishes = {"first": _("First choice"), "second": _("Second choice"), "third": _("Third choice")}
    times = text(
        _("Other times that suit you"),
        1000,
        widget="textarea",
        what=_("the times"),
        hint=_("For example: weekday mornings."),
    )
    help_needed = text(
        _("Anything you need"),
        1000,
        widget="textarea",
        what=_("what you need"),
        hint=_("For example another language, help because of a disability, or no computer."),
    )
    title = _("Your {minutes}-minute interview with the {role}").format(minutes=minutes, role=role)
    hint = _("If you like, suggest up to three times, in your own time zone.")
    return group(
        title, {**{name: _moment(wish) for name, wish in wishes.items()}, "times": times, "help": help_needed}, [], hint
    )


def _moment(title: str) -> Schema:
    """A day and a time without a zone, as <input type="datetime-local"> sends it (HTML, "local date and time string")."""
    pattern = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$"
    moment = text(title, 16, widget="moment", what=_("the time"), pattern=pattern)
    moment["$comment"] = "remedy: " + _("write day and time as year-month-day, T, hour:minute, like 2027-03-14T09:30")
    return moment


def _education() -> Schema:
    def names(title: str, hint: str) -> Schema:
        item = {"type": "string", "maxLength": 200, "x-what": _("each name")}
        rule = {"type": "array", "maxItems": 20, "items": item, "x-widget": "lines", "x-what": _("names")}
        return {"title": title, "description": hint, **rule}

    return group(
        _("Who taught you"),
        {
            "providers": names(_("Education providers"), _("One name a line. Leave it empty if there was none.")),
            "trainers": names(_("Trainers and teachers"), _("One name a line.")),
        },
        [],
        _("It makes no difference to the result. It keeps those who taught you from auditing you."),
    )


def _applicant() -> Schema:
    email = {
        **text(_("E-mail address"), 254, widget="email", what=_("your e-mail address"), x_autocomplete="email"),
        "pattern": r"^[^@\s]+@[^@\s]+\.[^@\s.]+$",
        "$comment": "remedy: " + _("write your e-mail address, like name@example.org"),
        "x-missing": _("write your e-mail address, like name@example.org"),
    }
    name = text(
        _("Full name"), 200, what=_("your name"), minLength=1, x_autocomplete="name", x_missing=_("write your name")
    )
    return group(
        _("Who you are"),
        {
            "name": name,
            "email": email,
            "country": text(_("Country"), 100, what=_("your country"), x_autocomplete="country-name"),
            "time_zone": text(
                _("Time zone"), 100, what=_("your time zone"), hint=_("The nearest large city is enough.")
            ),
            "helped": checkbox(_("Someone is helping me to fill this in")),
        },
        ["name", "email"],
    )


def _declarations(kind: str) -> Schema:
    consent = checkbox(
        _("I agree that what I send is kept and read for this purpose"),
        _("tick it to agree; without it we may not keep what you send"),
    )
    if kind != PORTFOLIO:
        return group(_("Your consent"), {"consent": consent}, ["consent"])
    own = checkbox(
        _("This is my own work"), _("tick it if it is your own work; we cannot audit the work of somebody else")
    )
    used = checkbox(_("I used artificial intelligence tools"))
    how = text(
        _("Which tools, and how"),
        1000,
        widget="textarea",
        what=_("how you used them"),
        x_missing=_("write which tools you used, and how"),
        x_required={"when": ["declarations", "ai_used"], "is": [True]},
    )
    listed = checkbox(_("My name may be listed among the holders, if I am granted the certificate"))
    return group(
        _("Your declarations"),
        {"own_work": own, "ai_used": used, "ai_how": how, "consent": consent, "listed": listed},
        ["own_work", "consent"],
    )


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
    properties["applicant"] = _applicant()
    properties["declarations"] = _declarations(CONTACT)
    return _root(topics.title(data, topic), f"contact/{topic}", properties, required)
