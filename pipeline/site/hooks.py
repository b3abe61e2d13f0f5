"""MkDocs' hooks: the body's names into the configuration, the generated pages of every language beside the written ones."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, DictLoader
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as MkDocsPage

from pipeline.site import languages
from pipeline.site.chrome import chrome
from pipeline.site.macros import site_renderer
from pipeline.site.pages import Page, first_words, generated, path_css, root_of
from pipeline.site.render import Renderer

_pages: dict[str, Page] = {}
_addresses: set[str] = set()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    renderer = site_renderer()
    organization = renderer.data.organization
    config.site_name = organization.name
    config.site_url = renderer.site_url
    config.extra["renderer"] = renderer
    _pages.clear()
    for code in organization.languages:
        _pages.update({page.source: page for page in generated(renderer.in_language(code))})
        config.theme.static_templates.add(f"{languages.home(organization, code)}404.html")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    renderer: Renderer = config.extra["renderer"]
    for page in _pages.values():
        # The title as JSON is YAML too, quoted whatever is in it.
        source = f"---\ntitle: {json.dumps(page.title)}\nrender_macros: false\n---\n"
        files.append(File.generated(config, page.source, content=source))
    files.append(File.generated(config, "assets/paths.css", content=path_css(renderer)))
    for code in renderer.data.organization.languages:
        local = renderer.in_language(code)
        for profile in local.data.open_profiles:
            document = local.document(profile)
            files.append(File.generated(config, f"{local.home}{document.path}", content=document.content))
    for file in list(files.documentation_pages()):
        folder = languages.FOLDER.match(file.src_uri)
        if folder and folder[1] not in renderer.data.organization.languages[1:]:
            files.remove(file)  # a translation into a language that this body does not have
    _addresses.clear()
    _addresses.update(_address(file.url) for file in files.documentation_pages())
    return files


def _address(url: str) -> str:
    return "" if url in (".", "./") else url


def on_page_content(html: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
    """Generated pages never go through Markdown: no text of the data is read as mark-up, and it is faster."""
    found = _pages.get(page.file.src_uri)
    content = found.content() if found else html
    page.meta.setdefault("description", (found.description if found else "") or first_words(content))
    return content


def on_env(env: Any, config: MkDocsConfig, files: Files) -> Any:
    """The empty page that the server fills is needed in every language."""
    shells = {name: '{% extends "404.html" %}' for name in config.theme.static_templates if name.endswith("/404.html")}
    env.loader = ChoiceLoader([env.loader, DictLoader(shells)])
    return env


def on_template_context(context: dict[str, Any], template_name: str, config: MkDocsConfig) -> dict[str, Any]:
    """The same for the empty page: it has absolute addresses, and leads to the home page in other languages."""
    if template_name.endswith("404.html"):
        site: Renderer = config.extra["renderer"]
        organization = site.data.organization
        renderer = site.in_language(languages.of_path(organization, template_name))
        homes = tuple(languages.alternates(organization, renderer.home, frozenset({""})))
        context["base_url"] = urlsplit(renderer.site_url).path
        context["chrome"] = chrome(renderer, renderer.root, homes)
    return context


def on_page_context(context: dict[str, Any], page: MkDocsPage, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    site: Renderer = config.extra["renderer"]
    organization, address = site.data.organization, _address(page.url)
    renderer = site.in_language(languages.of_path(organization, address))
    alternates = tuple(languages.alternates(organization, address, frozenset(_addresses)))
    context["chrome"] = chrome(renderer, root_of(address.removeprefix(renderer.home)), alternates)
    return context
