"""From the YAML of a profile to the decision on a case. ARCHITECTURE.md shows the layers and the three ways of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs_macros.plugin import MacrosPlugin


def define_env(env: MacrosPlugin) -> None:
    """The hand-over to mkdocs-macros. Imported here: the pipeline's small group of dependencies has no Jinja."""
    from pipeline.site.macros import define

    define(env)
