"""What stands around every page: the four links, the other languages, the footer, the policy."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pipeline.i18n import _, speaking
from pipeline.site import languages
from pipeline.site.languages import Alternate
from pipeline.site.render import Renderer


@dataclass(frozen=True)
class Link:
    path: str
    title: str


@dataclass(frozen=True)
class Chrome:
    """`alternates` is the page in all its languages, `switch` the links to the other ones. Paths are from the site's home."""

    language: str
    direction: str
    home: str
    links: tuple[Link, ...]
    footer: tuple[Link, ...]
    alternates: tuple[Alternate, ...]
    switch: Markup
    site_url: str
    skip: str
    nav_label: str
    issued_by: str
    administered_by: str
    policy: str
    not_found_title: str
    not_found_text: str
    not_found_link: str


def chrome(renderer: Renderer, root: str, alternates: tuple[Alternate, ...]) -> Chrome:
    """`root` leads from the page to the home page in its language. A page in one language alone has no alternates."""
    with speaking(renderer.data.language):
        return _chrome(renderer, root, alternates)


def _chrome(renderer: Renderer, root: str, alternates: tuple[Alternate, ...]) -> Chrome:
    organization = renderer.data.organization
    same = tuple(entry for entry in alternates if entry.same)
    return Chrome(
        language=renderer.data.language,
        direction=languages.direction(renderer.data.language),
        home=renderer.home or ".",
        links=(
            _generated(renderer, "certificates/", _("Certificates")),
            _written(renderer, "audit/", _("The audit")),
            _written(renderer, "education/", _("Education")),
            _generated(renderer, "contact/", _("Contact")),
        ),
        footer=(
            _written(renderer, "about/", _("Who we are")),
            _generated(renderer, "contact/", _("Contact")),
            _generated(renderer, "contact/scholarship/", _("Scholarships")),
            _written(renderer, "complaints/", _("Complaints and appeals")),
            _written(renderer, "privacy/", _("Privacy")),
            _written(renderer, "accessibility/", _("Accessibility")),
            _written(renderer, "for-auditors/", _("For auditors")),
        ),
        alternates=same if len(same) > 1 else (),
        switch=switch(renderer, root, alternates),
        site_url=renderer.site_url if renderer.site_url.endswith("/") else f"{renderer.site_url}/",
        skip=_("Skip to content"),
        nav_label=_("Main pages"),
        issued_by=_("The {name} issues the certificates.").format(name=organization.name),
        administered_by=_("{name} administers them.").format(name=organization.administrator.name),
        policy=renderer.policy,
        not_found_title=_("There is no such page"),
        not_found_text=_("The address is mistyped, or the page has moved."),
        not_found_link=_("Go to the home page"),
    )


def _generated(renderer: Renderer, path: str, title: str) -> Link:
    return Link(f"{renderer.home}{path}", title)


def _written(renderer: Renderer, path: str, title: str) -> Link:
    return Link(renderer.to(renderer.home, path), title)


def switch(renderer: Renderer, root: str, alternates: tuple[Alternate, ...]) -> Markup:
    """The links to the page in its other languages, as entries of a list."""
    others = [entry for entry in alternates if entry.language != renderer.data.language]
    return renderer("languages.html", root, items=others)
