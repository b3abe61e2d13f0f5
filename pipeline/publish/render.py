"""Templates over frozen objects. The site and the server draw with the same ones; every value is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.profiles.load import load_or_stop
from pipeline.profiles.model import Data, Endpoint, Profile, is_placeholder
from pipeline.profiles.process import APPLICANT, NOBODY
from pipeline.settings import Settings
from pipeline.text import _, ngettext

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    env: Any = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(_, ngettext, newstyle=True)
    found: Environment = env
    return found


@dataclass(frozen=True)
class Renderer:
    """`endpoint` is where forms are sent; None: not open for submissions yet. `site_url` is where the site lies."""

    data: Data
    endpoint: Endpoint | None
    site_url: str

    @classmethod
    def from_settings(cls, settings: Settings) -> Renderer:
        data = load_or_stop(settings.data, settings.schemas)
        endpoint = Endpoint("server", settings.endpoint) if settings.endpoint else data.organization.endpoint
        return cls(data, endpoint, settings.site_url or data.organization.site_url)

    @cached_property
    def _environment(self) -> Environment:
        env = environment()
        env.globals.update(
            data=self.data,
            org=self.data.organization,
            endpoint=self.endpoint,
            address=self.address,
            email=self.email,
            validity=self.validity,
            who=self.who,
        )
        return env

    def __call__(self, template: str, root: str, **context: Any) -> Markup:
        """`root` leads from the page to the site's home: "" for the home page, "../" a level below, or an absolute path."""
        return Markup(self._environment.get_template(template).render(root=root, **context))

    def address(self, url: str | None, words: str) -> Markup:
        """A link, or for a placeholder the words with a note: nothing dead is ever linked."""
        if url is None or is_placeholder(url):
            return Markup("{} ({})").format(words, _("address to follow"))
        return Markup('<a href="{}">{}</a>').format(url, words)

    def email(self, address: str | None) -> Markup:
        if address is None or is_placeholder(address):
            return escape(_("an e-mail address that is still to follow"))
        return Markup('<a href="mailto:{0}">{0}</a>').format(address)

    def validity(self, profile: Profile) -> str:
        """F8, F11: what the body says of re-certification."""
        kind, years = profile.validity.kind, profile.validity.years
        if kind == "none":
            return _("none")
        if kind == "years":
            return ngettext("every year", "every {years} years", years).format(years=number_word(years))
        return _("not stated yet")

    def who(self, role: str) -> str:
        """`role`: a role's id; or you, applicant, nobody."""
        plain = {"you": _("You"), APPLICANT: _("The applicant"), NOBODY: _("Nobody")}
        return plain.get(role) or self.data.organization.role(role).name

    @property
    def base(self) -> str:
        """The path at which the site lies, with / at both ends."""
        path = urlsplit(self.site_url).path
        return path if path.endswith("/") else path + "/"

    @property
    def policy(self) -> str:
        """The Content-Security-Policy of every page: nothing but the site itself, and the place the forms go to."""
        place = urlsplit(self.endpoint.url) if self.endpoint else None
        origin = f" {place.scheme}://{place.netloc}" if place and place.netloc else ""
        return (
            f"default-src 'self'; img-src 'self' data:; form-action 'self'{origin}; connect-src 'self'{origin}; "
            "base-uri 'none'; object-src 'none'"
        )


def number_word(number: int) -> str:
    words = {2: _("two"), 3: _("three"), 4: _("four"), 5: _("five")}
    return words.get(number, str(number))


def fill_shell(shell: str, title: str, content: Mapping[str, str] | str) -> str:
    """The built site's empty page with a title and content put in (both already escaped where they must be)."""
    before, _open, rest = shell.partition("<!--title-->")
    _old, _close, after = rest.partition("<!--/title-->")
    page = f"{before}{escape(title)}{after}"
    before, _open, rest = page.partition("<!--content-->")
    _old, _close, after = rest.partition("<!--/content-->")
    return f"{before}{content}{after}"
