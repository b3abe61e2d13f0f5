"""Names and lists from the data for the written pages. Every value is escaped: a page's source is trusted, data is not."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape
from mkdocs.exceptions import Abort

from pipeline.errors import CannotGoOn
from pipeline.settings import Settings
from pipeline.site import languages
from pipeline.site.render import Renderer


def define(env: Any) -> None:
    # The macros are defined before the hooks' on_config: they make a renderer of their own.
    site = site_renderer()

    def here() -> Renderer:
        """The one that speaks the language of the page."""
        return site.in_language(languages.of_path(site.data.organization, env.page.file.src_uri))

    def part(name: str) -> Markup:
        # One line: Markdown leaves a block of HTML without blank lines alone.
        return Markup("").join(line for line in _lines(here()(name, "../")))

    def role(role_id: str) -> Markup:
        return escape(here().data.organization.role(role_id).name)

    env.macro(lambda: part("audit.html"), "audit_overview")
    env.macro(lambda: part("providers.html"), "providers")
    env.macro(lambda: part("about.html"), "who_we_are")
    env.macro(lambda: part("roles.html"), "roles_table")
    env.macro(lambda: part("privacy.html"), "privacy")
    env.macro(lambda: part("complaints.html"), "complaints")
    env.macro(lambda: part("paper.html"), "paper_forms")
    env.macro(role, "role_name")


def site_renderer() -> Renderer:
    """The renderer of this build; faults in the data end it with the findings and nothing else."""
    try:
        return Renderer.from_settings(Settings.from_environment())
    except CannotGoOn as error:
        raise Abort(str(error)) from error


def _lines(html: str) -> list[Markup]:
    return [Markup(line.strip() + " ") for line in html.splitlines() if line.strip()]
