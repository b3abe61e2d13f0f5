"""The groups of a form that stand beside its answers, each with its fields: one function a group of json_schema.py's schemas."""

from __future__ import annotations

from pipeline.data.model import Data, Profile
from pipeline.forms.controls import Schema, checkbox, group, object_, text
from pipeline.i18n import _

LOG_ROWS = 40
EARLIEST, LATEST = (
    "1950-01-01",
    "2099-12-31",
)  # days that a form takes; what depends on today is in submissions/corrections.py
FIRST_WISH = "2000-01-01"
_MONTH_DAY = "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "T([01][0-9]|2[0-3]):[0-5][0-9]"


def log(title: str) -> Schema:
    # No maxLength: what is too long has the wrong form already, and that is told once.
    date = {
        "title": _("Date"),
        "type": "string",
        "pattern": f"^(19[5-9][0-9]|20[0-9]{{2}}){_MONTH_DAY}$",
        "$comment": "remedy: " + _("write the date as year-month-day, with four digits for the year, like 2027-03-14"),
        "x-widget": "date",
        "x-min": EARLIEST,
        "x-max": LATEST,
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


def held(inner: Profile) -> Schema:
    title = _("Number of your {name}").format(name=inner.name)
    hint = _("If you hold this certificate, its statements count as shown and you may leave them unanswered.")
    return text(title, 40, what=_("the number"), hint=hint)


def case(prefix: str) -> Schema:
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


def interview(data: Data) -> Schema:
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
    return {
        "title": title,
        "type": "string",
        "pattern": f"^20[0-9]{{2}}{_MONTH_DAY}{_TIME}$",
        "$comment": "remedy: "
        + _(
            "write day and time as year-month-day, T, hour:minute, with four digits for the year, like 2027-03-14T09:30"
        ),
        "x-widget": "moment",
        "x-min": f"{FIRST_WISH}T00:00",
        "x-max": f"{LATEST}T23:59",
    }


def education(again: bool) -> Schema:
    """`again`: it may have been told already, in another form of the same case. A portfolio can come alone."""

    def names(title: str, hint: str) -> Schema:
        item = {"type": "string", "maxLength": 200, "x-what": _("each name")}
        rule = {"type": "array", "maxItems": 20, "items": item, "x-widget": "lines", "x-what": _("names")}
        return {"title": title, "description": hint, **rule}

    why = _("It makes no difference to the result. It keeps those who taught you from auditing you.")
    told = _("If you have told us in your self-assessment, leave this empty.")
    return group(
        _("Who taught you"),
        {
            "providers": names(_("Education providers"), _("One name a line. Leave it empty if there was none.")),
            "trainers": names(_("Trainers and teachers"), _("One name a line.")),
        },
        [],
        f"{told} {why}" if again else why,
    )


def applicant() -> Schema:
    email = {
        **text(_("E-mail address"), 254, widget="email", what=_("your e-mail address"), x_autocomplete="email"),
        "pattern": r"^[^@\s]+@[^@\s]+\.[^@\s.]+$",
        "x-typed": r"^[^@]+@[^@]+\.[^@]+$",
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


def declarations(own_work: bool) -> Schema:
    """The consent, and with a portfolio what else stands behind it."""
    consent = checkbox(
        _("I agree that what I send is kept and read for this purpose"),
        _("tick it to agree; without it we may not keep what you send"),
    )
    if not own_work:
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
