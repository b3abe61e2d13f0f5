"""Which pages are generated from the data, and their content. One new profile adds its own with no other edit (D1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from pipeline.profiles import derive, topics
from pipeline.profiles.model import Profile, Step
from pipeline.publish.forms import kind_word, render_form
from pipeline.publish.render import Renderer
from pipeline.text import _, speaking


@dataclass(frozen=True)
class Page:
    """`path` is its address from the site's home, ending in /, or "" for that page itself."""

    path: str
    title: str
    content: Callable[[], str]

    @property
    def source(self) -> str:
        return f"{self.path}index.md"


def root_of(path: str) -> str:
    return "../" * path.count("/")


def generated(renderer: Renderer) -> list[Page]:
    """All generated pages in the renderer's language."""
    with speaking(renderer.data.language):
        return [replace(page, path=f"{renderer.home}{page.path}") for page in _generated(renderer)]


def _generated(renderer: Renderer) -> Iterator[Page]:
    """With addresses from the home page in this language."""
    data = renderer.data

    def page(path: str, title: str, template: str, **context: object) -> Page:
        return Page(path, title, lambda: renderer(template, root_of(path), **context))

    yield page("", data.organization.name, "home.html", shared_steps=shared_steps(data.open_profiles))
    yield page("certificates/", _("Certificates"), "compare.html", count=lambda p: len(data.statements(p)))
    for profile in data.profiles:
        yield page(f"certificates/{profile.id}/", profile.name, "certificate.html", **about(renderer, profile))
    for kind, name in derive.form_kinds(data):
        path = form_path(kind, name)
        title = str(derive.form_schema(data, kind, name)["title"])
        yield Page(path, title, _form(renderer, kind, name, path))
    for profile in data.open_profiles:
        title = _("Printable form: {name}").format(name=profile.name)
        yield page(
            f"certificates/{profile.id}/print/", title, "print.html", profile=profile, paper=renderer.paper(profile)
        )
    ways = [(f"contact/{topic}/", topics.title(data, topic)) for topic in topics.every(data)]
    lost = urljoin(renderer.endpoint.url, f"/{renderer.home}status/") if renderer.endpoint else ""
    yield page("contact/", _("Contact"), "contact.html", topics=ways, lost=lost)
    yield page("thanks/", _("Thank you"), "thanks.html")


def _form(renderer: Renderer, kind: str, name: str, path: str) -> Callable[[], str]:
    return lambda: render_form(renderer, kind, name, root=root_of(path))


def form_path(kind: str, name: str) -> str:
    return f"contact/{name}/" if kind == derive.CONTACT else f"certificates/{name}/{kind}/"


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
        "kind_word": kind_word,
        "home": lambda unit: data.home(profile, unit),
    }


def shared_steps(profiles: tuple[Profile, ...]) -> list[Step]:
    """The steps that every open certificate has, in the order of the first; a text that differs is left to their pages."""
    if not profiles:
        return []
    by_id = [{step.id: step for step in profile.steps} for profile in profiles]
    shared = [step for step in profiles[0].steps if all(step.id in steps for steps in by_id)]
    return [
        replace(step, text=step.text if all(steps[step.id].text == step.text for steps in by_id) else "")
        for step in shared
    ]


def path_css(renderer: Renderer) -> str:
    """Every path's colours as classes: the pages' policy allows no style of their own."""
    light: list[str] = []
    dark: list[str] = []
    for profile in renderer.data.profiles:
        for rows, shades in ((light, profile.colour.light), (dark, profile.colour.dark)):
            rows.append(f".path-{profile.id}{{--c:{shades.fill};--h:{shades.hover};--t:{shades.tint}}}")
    return "\n".join([*light, "@media screen and (prefers-color-scheme:dark){", *dark, "}"]) + "\n"
