"""What stands around every page: the four links, the footer, the policy."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.publish.render import Renderer
from pipeline.text import _


@dataclass(frozen=True)
class Link:
    path: str
    title: str


@dataclass(frozen=True)
class Chrome:
    home: str
    links: tuple[Link, ...]
    footer: tuple[Link, ...]
    nav_label: str
    issued_by: str
    administered_by: str
    policy: str
    not_found_title: str
    not_found_text: str
    not_found_link: str


def chrome(renderer: Renderer) -> Chrome:
    organization = renderer.data.organization
    return Chrome(
        home=".",
        links=(
            Link("certificates/", _("Certificates")),
            Link("audit/", _("The audit")),
            Link("education/", _("Education")),
            Link("contact/", _("Contact")),
        ),
        footer=(
            Link("about/", _("Who we are")),
            Link("contact/", _("Contact")),
            Link("contact/scholarship/", _("Scholarships")),
            Link("complaints/", _("Complaints and appeals")),
            Link("privacy/", _("Privacy")),
            Link("accessibility/", _("Accessibility")),
            Link("for-auditors/", _("For auditors")),
        ),
        nav_label=_("Main pages"),
        issued_by=_("{name} issues the certificates.").format(name=organization.name),
        administered_by=_("{name} administers them.").format(name=organization.administrator.name),
        policy=renderer.policy,
        not_found_title=_("There is no such page"),
        not_found_text=_("The address is mistyped, or the page has moved."),
        not_found_link=_("Go to the home page"),
    )
