"""Which pages are generated from the data, and their content. One new profile adds its own with no other edit (D1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urljoin

from pipeline.cases.state import has_meeting
from pipeline.data.model import Data, Profile, Role, Step
from pipeline.forms import json_schema, topics
from pipeline.i18n import _, speaking
from pipeline.site.forms import render_form
from pipeline.site.formview import kind_word
from pipeline.site.handbook import handbook, sheet
from pipeline.site.render import Renderer


@dataclass(frozen=True)
class Page:
    """`path` is its address from the site's home, ending in /, or "" for that page itself.

    `description` is what a list of found pages says of it; "" for the first words of its content.
    """

    path: str
    title: str
    content: Callable[[], str]
    description: str = ""

    @property
    def source(self) -> str:
        return f"{self.path}index.md"


def first_words(html: str) -> str:
    """The lead of a page's content as text, or its first paragraph."""
    found = re.search(r'<p class="lead"[^>]*>(.*?)</p>', html, re.DOTALL) or re.search(r"<p>(.*?)</p>", html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", found[1])).split()) if found else ""


def root_of(path: str) -> str:
    return "../" * path.count("/")


def generated(renderer: Renderer) -> list[Page]:
    """All generated pages in the renderer's language."""
    with speaking(renderer.data.language):
        return [replace(page, path=f"{renderer.home}{page.path}") for page in _generated(renderer)]


def _generated(renderer: Renderer) -> Iterator[Page]:
    """With addresses from the home page in this language."""
    data = renderer.data

    def page(path: str, title: str, template: str, description: str = "", **context: object) -> Page:
        return Page(path, title, lambda: renderer(template, root_of(path), **context), description)

    yield page("", data.organization.name, "home.html", steps=all_steps(data.open_profiles))
    text = _("The certificates side by side: for whom each one is, what it covers, and what it asks for.")
    yield page("certificates/", _("Certificates"), "compare.html", text, count=lambda p: len(data.statements(p)))
    for profile in data.profiles:
        path = f"certificates/{profile.id}/"
        yield page(path, profile.name, "certificate.html", profile.covers or "", **about(renderer, profile))
    for kind, name in json_schema.form_kinds(data):
        path = form_path(kind, name)
        title = str(json_schema.form_schema(data, kind, name)["title"])
        yield Page(path, title, _form(renderer, kind, name, path))
    for profile in data.open_profiles:
        title = _("Printable form: {name}").format(name=profile.name)
        for kind, name, words in (
            (json_schema.SELF_ASSESSMENT, "print", _("Print this page, or fill the form in on your device.")),
            (
                json_schema.PORTFOLIO,
                "print-portfolio",
                _("Print this page and fill it in. Keep it, or send it to the address at its end."),
            ),
        ):
            path, form = f"certificates/{profile.id}/{name}/", renderer.paper(profile, kind)
            yield page(path, title, "print.html", _paper_text(profile, words), profile=profile, paper=form)
        if has_meeting(profile):
            title = _("Meeting sheet: {name}").format(name=profile.name)
            words = _("What to ask in the verification meeting, to print.")
            yield page(f"certificates/{profile.id}/meeting/", title, "meeting.html", words, **sheet(data, profile))
    yield page("for-auditors/handbook/", _("Auditors' handbook"), "handbook.html", **handbook(data))
    ways = [(f"contact/{topic}/", topics.title(data, topic)) for topic in topics.every(data)]
    lost = urljoin(renderer.endpoint.url, f"/{renderer.home}status/") if renderer.endpoint else ""
    yield page("contact/", _("Contact"), "contact.html", topics=ways, lost=lost)
    if renderer.provider:
        yield page("thanks/", _("Thank you"), "thanks.html")


def _paper_text(profile: Profile, words: str) -> str:
    return _("{label}: {message}").format(label=profile.name, message=words)


def _form(renderer: Renderer, kind: str, name: str, path: str) -> Callable[[], str]:
    return lambda: render_form(renderer, kind, name, root=root_of(path))


def form_path(kind: str, name: str) -> str:
    return f"contact/{name}/" if kind == json_schema.CONTACT else f"certificates/{name}/{kind}/"


def about(renderer: Renderer, profile: Profile) -> dict[str, object]:
    """What a certificate's page shows."""
    data = renderer.data
    example = profile.worked_example
    asked = {statement.id: statement for statement in data.statements(profile)}
    return {
        "profile": profile,
        "units": data.units(profile),
        "count": len(asked),
        "included": list(data.included(profile)),
        "included_by": [other for other in data.profiles if profile in data.included(other)],
        "needed": data.profile(profile.prerequisite) if profile.prerequisite else None,
        "opens": [other for other in data.profiles if other.prerequisite == profile.id],
        "example": example and (asked.get(example.statement), example),
        "judges": judges(data, profile),
        "kind_word": kind_word,
        "home": lambda unit: data.home(profile, unit),
    }


def judges(data: Data, profile: Profile) -> list[Role]:
    """The roles that audit, verify and decide, in the order of the certificate's steps."""
    ids = dict.fromkeys(step.who for step in profile.steps if step.who not in ("you", "intake_manager"))
    return [data.organization.role(role_id) for role_id in ids]


def all_steps(profiles: tuple[Profile, ...]) -> list[Step]:
    """The steps of all open certificates, in their order; what not all have, or say alike, names its path."""
    order: list[str] = []
    for profile in profiles:
        place = 0
        for step in profile.steps:
            if step.id not in order:
                order.insert(place, step.id)
            place = order.index(step.id) + 1
    return [
        _merged([(p.path_name, step) for p in profiles for step in p.steps if step.id == name], len(profiles))
        for name in order
    ]


def _merged(found: list[tuple[str, Step]], all_of_them: int) -> Step:
    first = found[0][1]
    paths = ", ".join(path for path, _step in found)
    title = first.title if len(found) == all_of_them else f"{first.title} ({paths})"
    alike = len({step.text for _path, step in found}) == 1
    text = first.text if alike else " ".join(f"{path}: {step.text}" for path, step in found)
    return replace(first, title=title, text=text)


def path_css(renderer: Renderer) -> str:
    """Every path's colours as classes: the pages' policy allows no style of their own."""
    light: list[str] = []
    dark: list[str] = []
    for profile in renderer.data.profiles:
        for rows, shades in ((light, profile.colour.light), (dark, profile.colour.dark)):
            rows.append(f".path-{profile.id}{{--c:{shades.fill};--h:{shades.hover};--t:{shades.tint}}}")
    return "\n".join([*light, "@media screen and (prefers-color-scheme:dark){", *dark, "}"]) + "\n"
