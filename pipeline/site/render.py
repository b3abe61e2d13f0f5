"""Templates over frozen objects. The site and the server draw with the same ones; every value is escaped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from pipeline.data.load import load_or_stop
from pipeline.data.model import Data, Endpoint, Profile, is_placeholder
from pipeline.data.process import APPLICANT, NOBODY
from pipeline.forms.json_schema import SELF_ASSESSMENT
from pipeline.i18n import _, ngettext, speaking
from pipeline.providers import PROVIDERS, host
from pipeline.settings import ROOT, Settings
from pipeline.site import languages
from pipeline.site.paper import Paper, paper
from pipeline.site.wordfile import WordFile, word_file

DOCS = ROOT / "docs"
TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    env: Any = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # The page is in UTF-8, and so are the words in it.
    env.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    env.install_gettext_callables(_, ngettext, newstyle=True)
    found: Environment = env
    return found


@dataclass(frozen=True)
class Renderer:
    """Speaks the language of its data. `endpoint` is where forms are sent; None: not open for submissions yet.

    `site_url` is where the site lies, `written` the addresses of the pages in docs/, from there.
    """

    data: Data
    endpoint: Endpoint | None
    site_url: str
    written: frozenset[str]

    @classmethod
    def from_settings(cls, settings: Settings) -> Renderer:
        data = load_or_stop(settings.data, settings.schemas, PROVIDERS)
        endpoint = Endpoint("server", settings.endpoint) if settings.endpoint else data.organization.endpoint
        return cls(data, endpoint, settings.site_url or data.organization.site_url, languages.written(DOCS))

    def in_language(self, code: str) -> Renderer:
        """Draws the same in another of the body's languages."""
        return self._others.get(code, self)

    @cached_property
    def _others(self) -> dict[str, Renderer]:
        def endpoint(code: str) -> Endpoint | None:
            """The server answers in the language that the form's address names, if it cannot read what was sent."""
            if self.endpoint is None or self.endpoint.kind != "server":
                return self.endpoint
            mark = "&" if "?" in self.endpoint.url else "?"
            return replace(self.endpoint, url=f"{self.endpoint.url}{mark}language={code}")

        return {code: replace(self, data=data, endpoint=endpoint(code)) for code, data in self.data.others.items()}

    @cached_property
    def _environment(self) -> Environment:
        env = environment()
        env.globals.update(
            data=self.data,
            org=self.data.organization,
            endpoint=self.endpoint,
            address=self.address,
            document=self.document,
            email=self.email,
            validity=self.validity,
            who=self.who,
            language_home=self.home,
            to=self.to,
            other=self.other,
            told=self.told,
            provider=self.provider,
            known=known,
        )
        return env

    @cached_property
    def _documents(self) -> dict[str, WordFile]:
        return {}

    def paper(self, profile: Profile, kind: str) -> Paper:
        with speaking(self.data.language):
            return paper(self.data, profile, kind, f"{self.site_url.rstrip('/')}/{self.home}")

    def document(self, profile: Profile) -> WordFile:
        """The self-assessment to write in; made once."""
        if profile.id not in self._documents:
            with speaking(self.data.language):
                self._documents[profile.id] = word_file(self.paper(profile, SELF_ASSESSMENT))
        return self._documents[profile.id]

    def __call__(self, template: str, root: str, **context: Any) -> Markup:
        """`root` leads from the page to the home page in its language: "", "../" a level below, or an absolute path."""
        with speaking(self.data.language):
            return Markup(self._environment.get_template(template).render(root=root, top=self.top(root), **context))

    def top(self, root: str) -> str:
        """Leads to the site's home, where assets lie, and all that is not translated."""
        if not self.home:
            return root
        return root.removesuffix(self.home) if root.endswith(self.home) else f"{root}../"

    def to(self, root: str, page: str) -> str:
        """Leads to a page of docs/: the translated one, if there is one."""
        return f"{root if self.home + page in self.written else self.top(root)}{page}"

    def other(self, code: str) -> Markup:
        """The attributes of a text that is in another language than the page; `code` is "" for the page's own."""
        if code in ("", self.data.language):
            return Markup("")
        return Markup(' lang="{}" dir="{}"').format(code, languages.direction(code))

    def told(self, text: str, code: str) -> Markup:
        """A text of the data within others; in an element of its own where it is in another language (`code` as in other)."""
        mark = self.other(code)
        return Markup("<span{}>{}</span>").format(mark, text) if mark else escape(text)

    @property
    def provider(self) -> str:
        """The host of the form provider that the forms go through; "" where there is none."""
        return host(self.endpoint)

    def address(self, url: str | None, words: str) -> Markup:
        """A link, or for a placeholder the words with a note: nothing dead is ever linked."""
        if url is None or not known(url):
            return Markup("{} ({})").format(words, _("address to follow"))
        return Markup('<a href="{}">{}</a>').format(url, words)

    def email(self, address: str | None) -> Markup:
        if address is None or not known(address):
            with speaking(self.data.language):
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
    def home(self) -> str:
        """The address of the home page in this language, from the site's: "" in the first, "fr/" in another."""
        return languages.home(self.data.organization, self.data.language)

    @property
    def root(self) -> str:
        """The path of that home page, with / at both ends."""
        return self.base + self.home

    @property
    def service_url(self) -> str:
        """The address of the server that takes submissions; the site's own where there is none."""
        endpoint = self.endpoint if self.endpoint and self.endpoint.kind == "server" else None
        return urljoin(self.site_url, endpoint.url) if endpoint else self.site_url

    @property
    def base(self) -> str:
        """The path at which the site lies, with / at both ends: the same in all languages."""
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


def known(address: str | None) -> bool:
    """True of an address that is more than a placeholder."""
    return address is not None and not is_placeholder(address)


def number_word(number: int) -> str:
    words = {2: _("two"), 3: _("three"), 4: _("four"), 5: _("five")}
    return words.get(number, str(number))


def fill_shell(shell: str, title: str, content: str, switch: str = "") -> str:
    """The built site's empty page with a title, content and links to other languages put in (escaped where they must be)."""
    page = _put(shell, "<title>", " · ", escape(title))
    for name, text in (("content", content), ("languages", switch)):
        page = _put(page, f"<!--{name}-->", f"<!--/{name}-->", text) if text else page
    return page


def _put(page: str, start: str, end: str, text: str) -> str:
    """The text between two marks (a title has no room for marks of its own: a browser would show them)."""
    before, _start, rest = page.partition(start)
    _old, _end, after = rest.partition(end)
    return f"{before}{start}{text}{end}{after}"
