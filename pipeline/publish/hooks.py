"""MkDocs' hooks: the body's names into the configuration, the generated pages beside the written ones."""

from __future__ import annotations

import json
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as MkDocsPage

from pipeline.publish.chrome import chrome
from pipeline.publish.macros import site_renderer
from pipeline.publish.pages import Page, generated, path_css

_pages: dict[str, Page] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    renderer = site_renderer()
    organization = renderer.data.organization
    config.site_name = organization.name
    config.site_url = renderer.site_url
    config.theme["language"] = organization.language
    config.extra["renderer"] = renderer
    _pages.clear()
    _pages.update({page.source: page for page in generated(renderer)})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    renderer = config.extra["renderer"]
    for page in _pages.values():
        # The title as JSON is YAML too, quoted whatever is in it.
        source = f"---\ntitle: {json.dumps(page.title)}\nrender_macros: false\n---\n"
        files.append(File.generated(config, page.source, content=source))
    files.append(File.generated(config, "assets/paths.css", content=path_css(renderer)))
    for profile in renderer.data.open_profiles:
        document = renderer.document(profile)
        files.append(File.generated(config, document.path, content=document.content))
    return files


def on_page_content(html: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
    """Generated pages never go through Markdown: no text of the data is read as mark-up, and it is faster."""
    found = _pages.get(page.file.src_uri)
    return found.content() if found else html


def on_env(env: Any, config: MkDocsConfig, files: Files) -> Any:
    env.globals["chrome"] = chrome(config.extra["renderer"])
    return env
